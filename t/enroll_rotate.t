#!/usr/bin/perl

# POST /v1/key: a device makes itself a new key, signing with the one in use
# and without its certificate.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(make_key);

my $t = SrvRegistrar->new();

$t->configure(key => 'srv_registrar_enroll_limit 1m burst=4;');
$t->start();

my $device = $t->device('device');

$device->enroll();
$device->register(1);

my $old = $device->twin();
my $reply = $device->rotate('{}');

is(outcome($reply), '200', 'rotated');
is($reply->{json}{fqdn}, $old->fqdn, 'the name stays');
isnt($reply->{json}{keyid}, $old->keyid, 'another key');
is(outcome($device->patch({})), '200', 'the old one works as before');

$device->keep($reply->{json});
is(outcome($device->patch({})), '200', 'the new one works');
$old->{last} = $device->{last};
is(outcome($old->patch({})), '401 unknown-key', 'and retires the old one');

my ($private, $public) = make_key('ed25519');

$reply = $device->rotate({ public_key => $public });
is(outcome($reply), '200', 'to a key of its own');
is($reply->{json}{algorithm}, 'ed25519', 'as it says');
ok(!exists($reply->{json}{key}), 'with no secret in the reply');

my $sent = $device->{sent};

is(outcome($t->{client}->exchange($sent)), '401 stale-signature',
   'the same bytes again');

$device->keep($reply->{json}, $private);
is(outcome($device->patch({})), '200', 'signed with it');

is(outcome($device->rotate(undef)), '200', 'without a body');
is(outcome($device->rotate('')), '429 too-many-enrollments',
   'not without end');
is(outcome($device->rotate('{"public_key":{"kty":"oct"}}')),
   '422 public-key-invalid public_key.kty', 'a key that is none');
is(outcome($t->request('POST', '/v1/key', cert => 'device')),
   '401 signature-required', 'a certificate is no signature');
is(outcome($device->signed('GET', '/v1/key', undef)),
   '405 method-not-allowed', 'GET');

done_testing();
