#!/usr/bin/perl

# A zone begins to be signed by a reload.  Old workers live on while they have
# something to do, and have no keys: what they commit leaves the zone's SOA as
# it is signed, or nothing that the zone has not could be denied until the next
# commit of a new one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(workers => 1, dnssec => 13);
my $keys = $t->{keys};
my $zone = $t->{zone};

$t->configure(dnssec => 'dnssec off;', http => 'srv_registrar_sweep 1h;');
$t->start();

my $device = $t->device('device');

is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(1)), '200', 'registered');

# A request that has begun keeps the worker.

my ($pid) = $t->workers();
my $begun = $t->{client}->connect() or die($@);

print $begun 'DELETE /v1/rec';
is(outcome($device->patch({})), '200', 'the worker works');

$t->configure(dnssec => $keys->lines('ksk', 'zsk'));
ok($t->reload(), 'a reload that signs the zone');
ok($t->wait_log(qr/values of signed zones are signed/), 'all is signed');
ok($t->wait_log(qr/ $pid#\d+: gracefully shutting down/), 'the old one stays');

my (undef, $before) = $keys->verify($t);

is_deeply($before->{"$zone. SOA"}, [$keys->tag('zsk')], 'SOA is signed');

print $begun substr($device->signed_bytes('DELETE', '/v1/records', undef),
    length('DELETE /v1/rec'));
like(outcome($t->{client}->reply($begun)), qr/^20[04]/,
    'the old worker takes records away');

my ($bad, $after) = $keys->verify($t);

is($bad, '', 'every signature is good');
is_deeply($after->{"$zone. SOA"}, [$keys->tag('zsk')], 'SOA still is signed');

$t->start_dnsd('--keys', $keys->directory('zsk'));

my $reply = $t->query("nobody.$zone", 'A', do => 1);

is($reply->header->rcode, 'NOERROR', 'what is not there is denied');

done_testing();
