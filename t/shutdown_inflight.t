#!/usr/bin/perl

# nginx is told to leave while a commit is under way and others wait for the
# next: told gracefully, all of them are answered; told to be quick, whatever
# was acknowledged is there, and the worker ends by its own will.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(
    server => 'location = /health { return 200 "ok"; }',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => 5, devices => 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };
my @all = ($first, @devices);


subtest 'a reload' => sub {
    my @sockets = send_all(5000);
    my ($old) = $t->workers();

    ok($t->reload(), 'reloaded');
    is($t->request('GET', '/health')->{status}, 200, 'the new worker serves');
    ok(grep({ $_ == $old } $t->workers()), 'the old one stays');

    my $new = $first->send_register(5001);

    $disk->order('');

    is(answers(@sockets), '200 200 200 200 200', 'the old one answers all');
    is(answers($new), '200', 'the new one, too');
    ok(wait_until(sub { !grep { $_ == $old } $t->workers() }),
        'and the old one leaves');
    is(ports(), '5001 5000 5000 5000 5000', 'all is there');
};

subtest 'SIGQUIT' => sub {
    my @sockets = send_all(5010);
    my ($old) = $t->workers();

    kill('QUIT', $t->{nginx}{pid});
    ok($t->wait_log(qr/$old#\d+: gracefully shutting down/), 'told to leave');
    ok(!wait_until(sub { !grep { $_ == $old } $t->workers() }, 0.5),
        'the worker stays for the commit');

    $disk->order('');
    is(answers(@sockets), '200 200 200 200 200', 'and answers all');
    ok(wait_until(sub { !$t->{nginx}->alive() }), 'then it leaves');

    $t->start();
    is(ports(), '5010 5010 5010 5010 5010', 'all is there');
};

subtest 'SIGTERM' => sub {
    my @sockets = send_all(5020);
    my ($old) = $t->workers();

    my $begin = time();

    kill('TERM', $t->{nginx}{pid});
    ok($t->wait_log(qr/$old#\d+: exiting/), 'told to leave');
    $disk->order('');
    ok(wait_until(sub { !$t->{nginx}->alive() }), 'it leaves');

    SKIP: {
        # nginx kills it after a second and a half.
        $t->allow_log(qr/process $old exited on signal 9/);
        skip('a busy machine', 1) if time() - $begin > 1;

        like($t->read('error.log'),
            qr/worker process $old exited with code 0/, 'by its own will');
    }

    my @outcomes = split(' ', answers(@sockets));

    note("@outcomes");
    $t->start();
    is(lost(5020, @outcomes), '', 'what was acknowledged is there');
    is(outcome($first->register(5021)), 200, 'and updates work');
};

subtest 'SIGTERM with a disk that does not come back' => sub {
    $t->allow_log(qr/exited on signal 9/);

    my @sockets = send_all(5030);

    kill('TERM', $t->{nginx}{pid});
    ok(wait_until(sub { !$t->{nginx}->alive() }),
        'nginx kills its worker');
    $disk->order('');

    my @outcomes = split(' ', answers(@sockets));

    $t->start();
    is(lost(5030, @outcomes), '', 'what was acknowledged is there');
    is(outcome($first->register(5031)), 200, 'and updates work');
};

is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


# The first device's update is in its commit, the others' wait.

sub send_all
{
    my ($port) = @_;

    $disk->order('sync hold');

    my @sockets = ($first->send_register($port));

    $disk->wait_held();
    push(@sockets, map { $_->send_register($port) } @devices);

    # Answered by the worker when it has read what came before.
    $t->request('GET', '/health');

    return @sockets;
}


# Closed at once: nginx lingers for five seconds otherwise.

sub answers
{
    my @outcomes;

    for my $socket (@_) {
        push(@outcomes, outcome($t->{client}->reply($socket)) =~ s/ /-/gr);
        close($socket);
    }

    return join(' ', @outcomes);
}


sub ports
{
    return join(' ', map {
        $_->show()->{body} =~ /"0 0 (\d+) / ? $1 : 'none'
    } @all);
}


# Acknowledged by these outcomes, but not there.

sub lost
{
    my ($port, @outcomes) = @_;

    my @ports = split(' ', ports());

    return join(' ', grep {
        $outcomes[$_] eq '200' && $ports[$_] != $port
    } 0 .. $#ports);
}
