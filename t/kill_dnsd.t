#!/usr/bin/perl

# dnsd is killed (SIGKILL) again and again while devices update: no update
# notices, a new dnsd answers at once, and the slots of the dead do not stay.
# LONG=n kills n times.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use SrvRegistrar;
use SrvRegistrar::Load;

use constant KILLS   => $ENV{LONG} // 15;
use constant STARTED => 10;                                  # s

my $t = SrvRegistrar->new();

alarm(240 + KILLS);
$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 4, devices => 8,
                                   pause => 0.01);
my $dnsd = $t->{dnsd};
my $question = $dnsd->packet("www.$t->{zone}", 'A')->data();
my ($slowest, $wrong) = (0, 0);

$load->start();
$load->wait_acknowledged(200);

my $before = $t->store_check();
my $readers = $t->readers();

for (1 .. KILLS) {

    # Questions in flight, so that some of the dead had a snapshot.
    my $socket = IO::Socket::INET->new(PeerAddr => $dnsd->{address},
        PeerPort => $dnsd->{port}, Proto => 'udp') or die("socket: $!");

    $socket->send($question) for 1 .. 20;
    $dnsd->stop('KILL');

    my $begin = time();

    $dnsd->start();

    my $reply = $dnsd->ask($question);
    my $took = time() - $begin;

    $wrong++ if !defined($reply)
        || (unpack('x2 n', $reply) & 0x840f) != 0x8400;
    $slowest = $took if $took > $slowest;
    sleep(rand(0.05));
}

$load->wait_acknowledged($load->acknowledged() + 100);
$load->stop();
note($load->summary(), sprintf('; slowest start %.3f s', $slowest));

is($wrong, 0, 'the first answer is right each time');
cmp_ok($slowest, '<', STARTED, 'and comes at once');
is_deeply([$load->journal('lost'), $load->journal('refused')], [],
    'updates went on');
is_deeply([$load->missing()], [], 'what was acknowledged is there');

# Those of the dead are cleared when a dnsd starts.
cmp_ok($t->readers(), '<=', $readers + 2, 'no reader slot is left behind');

my $after = $t->store_check();

is($after->{damaged}, 0, 'no value is damaged') or diag($after->{text});
# A commit writes four pages or so, and a snapshot that stays pins them all:
# some 2700 pages here.  One that ends with the next start pins a hundred.
cmp_ok($after->{map}, '<', $before->{map} + 4096 * 400,
    'the file does not grow without bound');

done_testing();
