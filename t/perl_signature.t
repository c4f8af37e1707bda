#!/usr/bin/perl

# The tests' own signer against the vectors of RFC 9421 B.2 and RFC 9530.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

use SrvRegistrar::Signature qw(sign signature_base content_digest
    raw_signature verify_signature make_key);

my $hmac = decode_base64('uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJ'
    . 'jxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==');
my $ed25519 = {
    kty => 'OKP', crv => 'Ed25519',
    d => 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
    x => 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
};
my $p256 = {
    kty => 'EC', crv => 'P-256',
    x => 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
    y => 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0',
    d => 'UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs',
};

my %request = (
    method => 'POST',
    url => 'https://example.com/foo?param=Value&Pet=dog',
    headers => [
        'Date' => 'Tue, 20 Apr 2021 02:07:55 GMT',
        'Content-Type' => 'application/json',
        'Content-Length' => '18',
    ],
    created => 1618884473,
    label => 'sig-b',
);

# RFC 9530 B, RFC 9421 B.2

is(content_digest('{"hello": "world"}', 'sha-256', 'sha-512'),
    'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:, '
    . 'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYll'
    . 'u7BNNyealdVLvRwEmTHWXvJwew==:', 'digests of {"hello": "world"}');

# B.2.5

my %made = sign(%request, key => $hmac, keyid => 'test-shared-secret',
    components => ['date', '@authority', 'content-type']);

is($made{'Signature-Input'}, 'sig-b=("date" "@authority" "content-type")'
    . ';created=1618884473;keyid="test-shared-secret"', 'B.2.5 input');
is($made{Signature}, 'sig-b=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:',
    'B.2.5 hmac-sha256');

# B.2.6

%made = sign(%request, key => $ed25519, keyid => 'test-key-ed25519',
    components => ['date', '@method', '@path', '@authority', 'content-type',
        'content-length']);

is($made{Signature}, 'sig-b=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK'
    . '1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:', 'B.2.6 ed25519');

# B.2.4: ECDSA is not deterministic, so the RFC's signature is verified

my $base = signature_base(
    components => ['@status', 'content-type', 'content-digest',
        'content-length'],
    values => { '@status' => 200 },
    headers => [
        'Content-Type' => 'application/json',
        'Content-Digest' => content_digest('{"message": "good dog"}',
            'sha-512'),
        'Content-Length' => '23',
    ],
    signature_params => '("@status" "content-type" "content-digest"'
        . ' "content-length");created=1618884473;keyid="test-key-ecc-p256"',
);
my $signature = decode_base64('wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0'
    . 'NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==');

ok(verify_signature($base, $signature, $p256), 'B.2.4 ecdsa-p256-sha256');
ok(!verify_signature("$base ", $signature, $p256), 'B.2.4 of another base');

# what curl sends

%made = sign(method => 'PUT', url => 'https://Example.com:443/v1/records?a=b',
    body => '{}', keyid => 'd.example/01020304', key => $hmac,
    created => 1790000000);

is($made{'Signature-Input'}, 'sig1=("@method" "@authority" "@path" "@query"'
    . ' "content-digest");created=1790000000;keyid="d.example/01020304"',
    'the default');
is($made{'Content-Digest'},
    'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:',
    'a body has a digest');

is(signature_base(%request, components => ['@authority', '@query',
        '@target-uri', '@request-target', '@scheme', '"@path";req'],
        authority => 'EXAMPLE.com:443', signature_params => '()'),
    join("\n", '"@authority": example.com', '"@query": ?param=Value&Pet=dog',
        '"@target-uri": https://example.com/foo?param=Value&Pet=dog',
        '"@request-target": /foo?param=Value&Pet=dog', '"@scheme": https',
        '"@path";req: /foo', '"@signature-params": ()'),
    'derived components');

for my $algorithm ('ed25519', 'ecdsa-p256-sha256') {
    my ($private, $public) = make_key($algorithm);
    my $bytes = raw_signature('base', $private);

    is(length $bytes, 64, "$algorithm has 64 bytes");
    ok(verify_signature('base', $bytes, $public), "$algorithm verifies");
    ok(!exists $public->{d}, "$algorithm public key has no d");
}

done_testing();
