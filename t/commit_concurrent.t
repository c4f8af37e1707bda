#!/usr/bin/perl

# Two workers, many devices at once: whatever was acknowledged is there, and
# one commit carries the updates of many.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

my $t = SrvRegistrar->new();

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my $load = SrvRegistrar::Load->new($t, clients => 8, devices => 6);
my $prober = SrvRegistrar::Prober->start($t);

$load->start();
$load->wait_acknowledged(600);
$load->stop();
note($load->summary());

is($load->{failed}, undef, 'no client died');
is_deeply([$load->journal('lost')], [], 'every update was answered');
is_deeply([$load->journal('refused')], [], 'none was refused');
is_deeply([$load->missing()], [], 'what was acknowledged is there');
is_deeply($prober->stop(), [], 'dnsd answered all the time');

is($t->store_check()->{damaged}, 0, 'no value is damaged');
is($t->store_check()->{devices}, 48, 'all devices are there');

done_testing();
