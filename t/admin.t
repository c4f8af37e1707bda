#!/usr/bin/perl

# `srv_registrar admin`: a device or all of an issuer's suspended at once,
# without a reload; and nothing to whoever the location lets not in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(http => 'srv_registrar_log %%DIR%%/changes.log;',
    server => <<'END');
location /admin/ {
    srv_registrar admin;
    allow 127.0.0.0/8;
    deny all;
}
location /closed/ {
    srv_registrar admin;
    deny all;
}
END
$t->start(dnsd => 1);

my $device = $t->device('device');
my $other = $t->device('other');

for ($device, $other) {
    $_->enroll();
    is(outcome($_->register(15269)), '200', 'registered');
}

my $fqdn = $device->fqdn;
my $path = "/admin/devices/$fqdn";
my $srv = "_xmpp-server._tcp.$fqdn";
my $published = $t->answers($srv, 'SRV');

my $reply = admin('GET', $path);

is($reply->{status}, 200, 'a device is shown');
is($reply->{json}{fqdn}, $fqdn, '... by its name');
is($reply->{json}{state}, 'active', '... active');

my $serial = $t->serial();

$reply = admin('PATCH', $path, '{"state":"suspended"}');
is($reply->{status}, 200, 'suspended');
is($reply->{json}{state}, 'suspended', '... says the reply');
is($t->answers($srv, 'SRV'), '', '... gone with the reply');
isnt($t->serial(), $serial, '... the serial has moved');
is(outcome($device->register(15269)), '403 suspended', '... its key is refused');
is(outcome($device->enroll()), '403 suspended', '... its certificate, too');
is(outcome($other->register(15269)), '200', '... nobody else');

$reply = admin('PATCH', $path, '{"state":"suspended"}');
is($reply->{json}{state}, 'suspended', 'once more changes nothing');

$reply = admin('PATCH', $path, '{"state":"active"}');
is($reply->{json}{state}, 'active', 'resumed');
is($t->answers($srv, 'SRV'), $published, '... there again');

$reply = admin('GET', '/admin/issuers');
is(scalar(@{ $reply->{json}{issuers} }), 1, 'one issuer');

my $issuer = '/admin/issuers/' . $reply->{json}{issuers}[0]{sha256};

$reply = admin('PATCH', $issuer, '{"state":"suspended"}');
is($reply->{json}{issuers}[0]{state}, 'suspended', 'suspended');

is($t->answers($srv, 'SRV'), '', '... all of its devices are gone');
is($t->answers('_xmpp-server._tcp.' . $other->fqdn, 'SRV'), '', '... both');
is(outcome($other->register(1)), '403 suspended', '... refused');
is(outcome($t->device('third')->enroll()), '403 suspended', '... no new one');
admin('PATCH', $issuer, '{"state":"active"}');
is($t->answers($srv, 'SRV'), $published, 'resumed');

is(admin('DELETE', $path)->{status}, 204, 'removed');
is($t->query($fqdn, 'A')->header->rcode, 'NXDOMAIN', '... the name is free');
is(outcome($device->register(1)), '401 unknown-key', '... the key unknown');
is(outcome($device->enroll()), '201', '... the certificate gets it anew');

for my $case (
    ['GET', "/admin/devices/nobody.$t->{zone}", '404 not-found'],
    ['GET', '/admin/devices/a.example', '404 not-found'],
    ['GET', '/admin/devices/', '404 not-found'],
    ['GET', '/admin/devices', '404 not-found'],
    ['GET', '/admin/', '404 not-found'],
    ['GET', $issuer, '404 not-found'],
    ['PATCH', '/admin/issuers/12', '404 not-found', '{"state":"active"}'],
    ['PATCH', '/admin/issuers/' . 'g' x 64, '404 not-found',
        '{"state":"active"}'],
    ['PATCH', "/admin/devices/" . $other->fqdn, '422 member-invalid state',
        '{"state":"Suspended"}'],
    ['PATCH', "/admin/devices/" . $other->fqdn, '422 member-invalid state',
        '{"state":"active","stat":1}'],
    ['PATCH', "/admin/devices/" . $other->fqdn, '400 json-invalid', '{'],
    ['POST', $path, '405 method-not-allowed', '{}'],
    ['OPTIONS', $path, '405 method-not-allowed'])
{
    my ($method, $target, $wanted, $body) = @$case;

    is(outcome(admin($method, $target, $body)), $wanted, "$method $target");
}

is(admin('PATCH', "/closed/devices/$fqdn", '{"state":"suspended"}')->{status},
    403, 'nothing for whom nginx lets not in');
is($t->query($fqdn, 'A')->header->rcode, 'NOERROR', '... it is still there')
    if outcome($device->register(15269)) eq '200';

like($t->read('changes.log'),
    qr/suspended.*suspended.*resumed.*issuer-suspended.*issuer-resumed.*removed/s,
    'the log of changes has it');
$t->allow_log(qr/access forbidden by rule/);

done_testing();


sub admin
{
    my ($method, $path, $body) = @_;

    return $t->request($method, $path, defined($body) ? (body => $body) : ());
}
