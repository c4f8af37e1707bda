#!/usr/bin/perl

# All of nginx is killed at once while devices update, and started again: what
# was acknowledged is there, and dnsd does not notice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

use constant KILLS => $ENV{LONG} // 5;

my $t = SrvRegistrar->new();

alarm(240 + KILLS);

# A disk that takes its time, so that many die in the middle of a commit.
SrvRegistrar::Disk->new($t)->order('sync delay 3');
$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 6, devices => 8,
                                   pause => 0.01, resend => 1);
my $prober = SrvRegistrar::Prober->start($t);

$load->start();

for (1 .. KILLS) {
    $load->wait_acknowledged($load->acknowledged() + 30);
    sleep(rand(0.05));

    my @workers = $t->workers();

    $t->stop_nginx('KILL');

    # Their sockets go with them.
    wait_until(sub { !grep { -e "/proc/$_/exe" } @workers });
    $t->start();
}

$load->wait_acknowledged($load->acknowledged() + 50);
$load->stop();
note($load->summary());

is($load->{failed}, undef, 'no client died');
is_deeply([$load->journal('refused')], [], 'no update was refused');
is_deeply([$load->journal('twice')], [], 'no signature counted twice');
is_deeply([$load->missing()], [], 'what was acknowledged is there');
is_deeply($prober->stop(), [], 'dnsd answered all the time');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();
