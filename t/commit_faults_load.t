#!/usr/bin/perl

# A disk that fails now and then, in each way that it can, under many devices:
# an update is acknowledged and there, or refused and not there.  LONG=n
# changes the fault n times.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use SrvRegistrar;
use SrvRegistrar::Disk;
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

use constant FAULTS => $ENV{LONG} // 40;

my @faults = ('sync error 5', 'sync error 28', 'data error 5',
    'data error 28', 'meta error 5', 'meta error 28', 'sync delay 20');

my $t = SrvRegistrar->new();
my $disk = SrvRegistrar::Disk->new($t);

alarm(240 + FAULTS);
$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my @workers = $t->workers();
my $load = SrvRegistrar::Load->new($t, clients => 6, devices => 8,
                                   pause => 0.01, abandon => 0.05);
my $prober = SrvRegistrar::Prober->start($t);

$load->start();
$load->wait_acknowledged(50);

for my $n (1 .. FAULTS) {
    $disk->order($faults[$n % @faults]);
    sleep(rand(0.08));
    $disk->order('');
    sleep(rand(0.15));
}

$load->wait_acknowledged($load->acknowledged() + 100);
$load->stop();
note($load->summary());

my %why = map { join(' ', @{$_}[4 .. $#$_]) => 1 } $load->journal('refused');

is($load->{failed}, undef, 'no client died');
is_deeply([sort(keys(%why))], ['503 store-unavailable', '507 store-full'],
    'updates were refused as they should be');
is_deeply([$load->journal('lost')], [], 'every update was answered');
is_deeply([$load->missing()], [], 'what was acknowledged is there');
is_deeply([$t->workers()], \@workers, 'by the same workers');
is_deeply($prober->stop(), [], 'dnsd answered all the time');

my $check = $t->store_check();

is($check->{damaged}, 0, 'no value is damaged') or diag($check->{text});

done_testing();
