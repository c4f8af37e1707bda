#!/usr/bin/perl

# Somebody on the way sends a device's bytes again, from his own address: the
# address that is published must stay the device's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start(dnsd => 1);

my $client = $t->{client};
my $device = $t->device('device');

$device->enroll();


sub published
{
    return $t->answers($device->fqdn, 'A') =~ /a ([\d.]+)$/ ? $1 : 'none';
}


is(outcome($device->register(1, source => '127.0.0.2')), '200',
   'registered from 127.0.0.2');
is(published(), '127.0.0.2', 'published');

my $serial = $t->serial();
my $reply = $client->exchange($device->{sent}, source => '127.0.0.3');

is(outcome($reply), '401 stale-signature', 'replayed from 127.0.0.3');
is(published(), '127.0.0.2', 'changes nothing');
is($t->serial(), $serial, 'nor the serial');

# An attacker who holds the request back and sends it first wins only where
# the device has not said what its address is.

is(outcome($device->patch({ address => { ipv4 => '127.0.0.2' } },
       source => '127.0.0.3')), '422 address-mismatch address.ipv4',
   'relayed from elsewhere: the address was signed');
is(published(), '127.0.0.2', 'changes nothing');
is(outcome($device->patch({ address => { ipv4 => '127.0.0.2' } },
       source => '127.0.0.2')), '200', 'the device itself');

is(outcome($device->patch({}, source => '127.0.0.4')), '200',
   'the device has moved');
is(published(), '127.0.0.4', 'published');
is(outcome($client->exchange($device->{sent}, source => '127.0.0.2')),
   '401 stale-signature', 'replayed from the old address');
is(published(), '127.0.0.4', 'changes nothing');

done_testing();
