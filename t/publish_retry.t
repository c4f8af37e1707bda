#!/usr/bin/perl

# A zone file that cannot be published, since the disk is full, is published
# when there is space again: also where updates came, and failed, meanwhile.
# Once such an update took the publication with it, until the next reload.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;

use constant ENOSPC => 28;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->start(dnsd => 1);

my $device = $t->device('device');
my $zone = $t->{zone};

$device->enroll();
is(outcome($device->register(5000)), '200', 'all is well');

$disk->order('data error ' . ENOSPC);
$t->write("$zone.zone", SrvRegistrar::ZONE . "ftp A 192.0.2.81\n");
ok($t->reload_all(), 'another zone file');
ok($t->wait_log(qr/the disk|no space left/i), 'no space for it');

is(outcome($device->register(5001)), '507 store-full', 'nor for an update')
    for 1 .. 3;
is($t->answers("ftp.$zone", 'A'), '', 'it is not published');

$disk->order('');

ok(wait_until(sub { $t->answers("ftp.$zone", 'A') ne '' }),
    'space again: it is published');
is(outcome($device->register(5002)), '200', '... and updates go through');

done_testing();
