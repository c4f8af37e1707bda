#!/usr/bin/perl

# A device that made a key of its own: the registrar takes the public half,
# keeps no secret, and takes signatures of that algorithm alone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(encode_json);
use MIME::Base64 qw(encode_base64url);
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(make_key);

my $t = SrvRegistrar->new();

$t->configure(enroll => 'srv_registrar_enroll_limit off;');
$t->start();

for my $algorithm ('ed25519', 'ecdsa-p256-sha256') {
    my $device = $t->device($algorithm);
    my $reply = $device->enroll(algorithm => $algorithm);

    is(outcome($reply), '201', "$algorithm: enrolled");
    is($reply->{json}{algorithm}, $algorithm, '... as it says');
    ok(!exists($reply->{json}{key}), '... no key in the reply');

    is(outcome($device->register(1)), '200', '... a signed update');
    is(outcome($device->patch({}, sign => { alg => $algorithm })), '200',
       '... that names its algorithm');
    is(outcome($device->show(sign => { alg => 'hmac-sha256' })),
       '401 signature-invalid', '... or another');

    my ($other) = make_key($algorithm);

    is(outcome($device->show(sign => { key => $other })),
       '401 signature-invalid', '... with another key');

    # The public half as an HMAC secret: what an algorithm taken from the
    # request would fall for.
    for my $alg (undef, 'hmac-sha256') {
        is(outcome($device->show(sign => { alg => $alg,
               algorithm => 'hmac-sha256',
               key => SrvRegistrar::Signature::decode_base64url(
                   $device->{key}{x}) })), '401 signature-invalid',
           '... with the public key as a secret');
    }

    is(outcome($device->show(sign => { signature => sub { $_[0] . 'x' } })),
       '400 signature-malformed', '... a byte too many');
    is(outcome($device->show(sign => {
           signature => sub { substr($_[0], 0, 63) } })),
       '401 signature-invalid', '... a byte too few');
    is(outcome($device->show(sign => { signature => sub { "\0" x 64 } })),
       '401 signature-invalid', '... zeros');
    is(outcome($device->patch({})), '200', '... and still a good one');

    # Back to a key of the registrar's.
    is(outcome($device->enroll()), '200', '... enrols without a key');
    is(outcome($device->patch({})), '200', '... and signs with HMAC');
}


# What is no public key.

my ($okp, $okp_public) = make_key('ed25519');
my ($ec, $ec_public) = make_key('ecdsa-p256-sha256');

my @bad = (
    ['an Ed25519 private key', $okp, 'd'],
    ['a P-256 private key', $ec, 'd'],
    ['no kty', { %$okp_public, kty => undef }, 'kty'],
    ['a secret', { kty => 'oct', k => 'AAAA' }, 'kty'],
    ['RSA', { kty => 'RSA', n => 'AAAA', e => 'AQAB' }, 'kty'],
    ['X25519', { %$okp_public, crv => 'X25519' }, 'crv'],
    ['Ed448', { %$okp_public, crv => 'Ed448' }, 'crv'],
    ['P-384', { %$ec_public, crv => 'P-384' }, 'crv'],
    ['a curve of the other kind', { %$okp_public, crv => 'P-256' }, 'crv'],
    ['no x', { kty => 'OKP', crv => 'Ed25519' }, 'x'],
    ['a short x', { %$okp_public, x => encode_base64url('x' x 31) }, 'x'],
    ['a long x', { %$okp_public, x => encode_base64url('x' x 33) }, 'x'],
    ['padding', { %$okp_public, x => "$okp_public->{x}=" }, 'x'],
    ['a number', { %$okp_public, x => 7 }, 'x'],
    ['the identity of Ed25519',
     { %$okp_public, x => encode_base64url("\1" . "\0" x 31) }, 'x'],
    ['no y', { kty => 'EC', crv => 'P-256', x => $ec_public->{x} }, 'y'],
    ['no point of the curve', { %$ec_public, y => $ec_public->{x} }, 'x'],
);

$t->device('device');

for (@bad) {
    my ($name, $jwk, $member) = @$_;
    my %jwk = map { $_ => $jwk->{$_} } grep { defined($jwk->{$_}) }
        keys(%$jwk);

    my $result = outcome($t->request('POST', '/v1/enroll', cert => 'device',
        body => encode_json({ public_key => \%jwk })));

    is($result, "422 public-key-invalid public_key.$member", $name);
}

is(outcome($t->request('POST', '/v1/enroll', cert => 'device')), '201',
   'none of them took the name');

done_testing();
