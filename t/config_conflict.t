#!/usr/bin/perl

# A zone file gets a name that a device has: the device keeps it, the zone
# stays as it was, and an alert says which name it is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();
my $file = "$t->{zone}.zone";

$t->configure(enroll => 'srv_registrar_label $srv_registrar_subject_serial;');
$t->start(dnsd => 1);

my $device = $t->device('device', subject => '/serialNumber=tv');

is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(1)), '200', 'registered');
is($device->fqdn, 'tv.devices.example', 'as a name of the operator\'s choice');

my $address = $t->answers('tv.devices.example', 'A');
my $serial = $t->serial();

$t->allow_log(qr/\[alert\].*"tv", which is a device's/);
$t->write($file, $t->ZONE . "mail A 192.0.2.25\ntv A 192.0.2.99\n");
ok($t->reload_all(), 'the zone file has that name, too');
ok($t->wait_log(qr/\[alert\].*zone "devices\.example" has the name "tv"/),
   'an alert names zone and name');

is($t->answers('tv.devices.example', 'A'), $address, 'the device has it');
is($t->query('mail.devices.example', 'A')->header->rcode, 'NXDOMAIN',
   'nothing of the file is published');
is($t->query('www.devices.example', 'A')->header->rcode, 'NOERROR',
   'what was there before is');
is($t->serial(), $serial, 'the serial stands');

# The file is what new devices are judged by; the device itself is served.
is(outcome($device->patch({})), '200', 'the device works on');
is(outcome($device->enroll(keep => 0)), '409 label-taken',
   'but does not get a new key for a name of the file');

$t->write($file, $t->ZONE . "mail A 192.0.2.25\n");
ok($t->reload_all(), 'the name is taken out');
ok(wait_until(sub {
    $t->query('mail.devices.example', 'A')->header->rcode eq 'NOERROR'
}), 'and the rest is published');
is($t->answers('tv.devices.example', 'A'), $address, 'beside the device');
is(outcome($device->enroll()), '200', 'which may enrol');

done_testing();
