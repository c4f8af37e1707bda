#!/usr/bin/perl

# A batch that was committed is answered in slices, and others have their turn
# in between; a worker that is told to leave meanwhile answers the rest.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

# In one batch, and several milliseconds of work.
use constant MANY => 200;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

# A connection that lingers would have a timer, which keeps a worker, too.
$t->configure(
    server => 'lingering_close off; location = /health { return 200 "ok"; }',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => MANY + 1, devices => 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };


# nginx reads what follows on a connection in the turn in which it has answered
# what came before: were the batch answered in one turn, so would the pages be,
# after all of it.

subtest 'others have their turn' => sub {
    my $before = $t->store_check()->{txn};
    my $page = $t->{client}->bytes('GET', '/health', keepalive => 1);
    my @sockets = send_all(5000, $page);

    is(outcomes(@sockets), MANY . ' of 200', 'all updates are answered');
    is(outcomes(@sockets), MANY . ' of 200', '... and all pages');
    is($t->store_check()->{txn}, $before + 2, 'the updates were one batch');

    my $log = $t->read('access.log') =~ s/.*"GET \/v1\/records[^\n]*\n//sr;
    my @order = $log =~ /"(PUT|GET) /g;
    my @slices = join(' ', @order) =~ /PUT(?= GET)/g;

    note(scalar(@slices) . ' slices');
    is(scalar(grep { $_ eq 'PUT' } @order), MANY + 1, 'the log has them');
    cmp_ok(scalar(@slices), '>', 2, 'pages were served between updates');
};


subtest 'SIGQUIT' => sub {
    my @sockets = send_all(5010, '');
    my ($old) = $t->workers();

    kill('QUIT', $t->{nginx}{pid});
    ok($t->wait_log(qr/$old#\d+: gracefully shutting down/), 'told to leave');

    is(outcomes(@sockets), MANY . ' of 200', 'all are answered');
    close($_) for @sockets;
    ok(wait_until(sub { !$t->{nginx}->alive() }), 'then it leaves');

    $t->start();
    like($devices[-1]->show()->{body}, qr/"0 0 5010 /, 'what it said is true');
};

is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


# The first device's update is in its commit when the others' come, which have
# something more to say.  Only theirs are returned, when the disk is well.

sub send_all
{
    my ($port, $more) = @_;

    $disk->order('sync hold');

    my $one = $first->send_register($port);

    $disk->wait_held();

    my @sockets = map {
        my $socket = $t->{client}->connect() or die($@);

        print $socket $_->signed_bytes('PUT', '/v1/records',
            SrvRegistrar::Device::registration($port), keepalive => 1) . $more;

        $socket
    } @devices;

    # Answered by the worker when it has read what came before.
    is($first->show()->{status}, 200, 'all wait');

    $disk->order('');
    is(outcome($t->{client}->reply($one)), '200', 'the first is answered');
    close($one);

    return @sockets;
}


sub outcomes
{
    my %outcomes;

    $outcomes{ outcome($t->{client}->reply($_)) }++ for @_;

    return join(', ', map { "$outcomes{$_} of $_" } sort(keys(%outcomes)));
}
