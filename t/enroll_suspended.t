#!/usr/bin/perl

# A device that the operator has suspended: nothing of it is served, it can
# neither enrol nor register, and all is there again when it may.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(server => <<'END');
location = /proof {
    srv_registrar enroll;
    srv_registrar_reenroll proof;
}
END
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(15269)), '200', 'registered');

my $fqdn = $device->fqdn;
my $srv = "_xmpp-server._tcp.$fqdn";
my $published = $t->answers($srv, 'SRV');


sub state
{
    my ($state) = @_;

    $t->srvctl($state, $fqdn);

    return $?;
}


sub rcode
{
    my ($name, $type) = @_;

    return $t->query($name, $type)->header->rcode;
}


is(rcode($srv, 'SRV'), 'NOERROR', 'published');

my $serial = $t->serial();

is(main::state('suspend'), 0, 'suspended');
is(rcode($srv, 'SRV'), 'NXDOMAIN', 'dnsd has no such service');
is(rcode($fqdn, 'A'), 'NXDOMAIN', '... nor the name');
is(rcode("_tcp.$fqdn", 'A'), 'NXDOMAIN', '... nor what was between them');
ok($t->serial() != $serial, 'the serial moved');

is(outcome($t->request('POST', '/v1/enroll', cert => 'device')),
   '403 suspended', 'it cannot enrol');
is(outcome($device->put({})), '403 suspended', 'PUT');
is(outcome($device->patch({})), '403 suspended', 'PATCH');
is(outcome($device->show()), '403 suspended', 'GET');
is(outcome($device->delete()), '403 suspended', 'DELETE');
is(outcome($device->rotate('')), '403 suspended', 'a new key');

my $reply = $device->show(sign => { key => 'x' x 32 });

is(outcome($reply), '401 signature-invalid',
   'whoever cannot sign does not learn of it');

is(main::state('resume'), 0, 'active again');
is($t->answers($srv, 'SRV'), $published, 'dnsd serves what it did');
is(outcome($device->patch({})), '200', 'its key works');
is(outcome($device->enroll()), '200', 'and it may enrol');
is($device->fqdn, $fqdn, 'under its name');

done_testing();
