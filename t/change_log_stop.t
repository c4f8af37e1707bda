#!/usr/bin/perl

# Whatever was made durable has its line in the log of changes, also where nginx
# is told to be quick while a commit is under way, or while its requests are
# being answered.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

# In one batch, and several milliseconds of replies.
use constant MANY => 100;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(
    http => 'srv_registrar_log %%DIR%%/changes.log '
        . '"$srv_registrar_change $srv_registrar_fqdn";',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => MANY + 1, devices => 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };


subtest 'a commit is under way' => sub {
    $disk->order('sync hold');

    my $socket = $first->send_register(5000);

    $disk->wait_held();
    stop(sub { $disk->order('') });
    close($socket);
    abide(5000);
};

subtest 'its requests are being answered' => sub {
    $disk->order('sync hold');

    my $one = $first->send_register(5001);

    $disk->wait_held();

    my @sockets = map { $_->send_register(5001) } @devices;

    # Answered by the worker when it has read what came before.
    is($first->show()->{status}, 200, 'all wait');
    $disk->order('');
    is(outcome($t->{client}->reply($one)), '200', 'one is answered');
    stop(sub {});
    close($_) for $one, @sockets;
    abide(5001);
};

is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub stop
{
    my ($then) = @_;
    my ($old) = $t->workers();

    kill('TERM', $t->{nginx}{pid});
    ok($t->wait_log(qr/$old#\d+: exiting/), 'told to leave');
    $then->();
    ok(wait_until(sub { !$t->{nginx}->alive() }), 'it leaves');

    # nginx kills it after a second and a half.
    plan(skip_all => 'a busy machine')
        if $t->read('error.log') =~ /process $old exited on signal 9/;
}


# Who shows this port has a line, and nobody else.

sub abide
{
    my ($port) = @_;
    my %logged = map { $_ => 1 } $t->read('changes.log') =~ /^changed (\S+)$/mg;

    $t->start();

    my @there = map { $_->fqdn } grep {
        $_->show()->{body} =~ /"0 0 $port /
    } $first, @devices;

    note(scalar(@there) . ' of them are durable');
    is_deeply([sort(keys(%logged))], [sort(@there)], 'each has its line');

    $t->write('changes.log', '');
}
