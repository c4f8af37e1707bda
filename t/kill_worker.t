#!/usr/bin/perl

# A worker is killed (SIGKILL) at any moment, again and again, while devices
# update: what was acknowledged is there, no signature counts twice, nobody
# waits long, and dnsd does not notice.  LONG=n kills n times.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;
use SrvRegistrar::Pace;
use SrvRegistrar::Prober;

use constant KILLS => $ENV{LONG} // 30;

# ms; an update waits for a worker's start at most, and for a machine that does
# other things, too.
use constant LONGEST => SrvRegistrar::ASAN ? 5000 : 1000;

my $t = SrvRegistrar->new();

alarm(240 + KILLS);
$t->allow_log(qr/exited on signal 9/);

# A disk that takes its time, so that many die in the middle of a commit.
SrvRegistrar::Disk->new($t)->order('sync delay 3');
$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 8, devices => 8,
                                   pause => 0.01, resend => 1);
my $prober = SrvRegistrar::Prober->start($t);

my $pace = SrvRegistrar::Pace->start($t);

$load->start();
$load->wait_acknowledged(50);

my $readers = $t->readers();

for my $kill (1 .. KILLS) {
    my @workers = $t->workers();
    my $victim = $workers[rand(@workers)];

    sleep(rand(0.1));
    kill('KILL', $victim);

    wait_until(sub {
        my @now = $t->workers();
        @now == 2 && !grep { $_ == $victim } @now;
    }) or die("kill $kill: no new worker");
}

$load->wait_acknowledged($load->acknowledged() + 100);
$load->stop();

my $slow = $pace->stop();

note($load->summary(), "; the machine $slow ms");

is($load->{failed}, undef, 'no client died');
is_deeply([$load->journal('refused')], [], 'no update was refused');
isnt(scalar(my @lost = $load->journal('lost')), 0, 'some got no answer');
isnt(scalar(my @replayed = $load->journal('replayed')), 0,
    'bytes were sent again');
is_deeply([$load->journal('twice')], [], 'and never accepted twice');
cmp_ok($load->longest(), '<', LONGEST + $slow, 'nobody waited long');
is_deeply([$load->missing()], [], 'what was acknowledged is there');
is_deeply($prober->stop(), [], 'dnsd answered all the time');

# Slots of the dead are cleared when a worker starts.
cmp_ok($t->readers(), '<=', $readers + 2, 'no reader slot is left behind');

my $check = $t->store_check();

is($check->{damaged}, 0, 'no value is damaged') or diag($check->{text});
is($check->{devices}, 64, 'all devices are there');

done_testing();
