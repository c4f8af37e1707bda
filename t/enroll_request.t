#!/usr/bin/perl

# The form of an enrolment: POST alone, a body that is empty or an object, and
# a reply with everything that a device has to know.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64url);
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(enroll => 'srv_registrar_enroll_limit off;', server => <<'END');
location = /elsewhere {
    srv_registrar enroll;
    srv_registrar_records_url https://$host/updates;
}
END
$t->start();

my $device = $t->device('device');
my $reply = $device->enroll(source => '127.0.0.2');
my $json = $reply->{json};
my $now = time();

is(outcome($reply), '201', 'enrolled');
like($json->{fqdn}, qr/^[0-9a-f]{32}\.devices\.example$/, 'fqdn');
like($json->{keyid}, qr{^\Q$json->{fqdn}\E/[0-9a-f]{8}$}, 'keyid');
is($json->{algorithm}, 'hmac-sha256', 'algorithm');
is($json->{key}{kty}, 'oct', 'key: kty');
is($json->{key}{alg}, 'HS256', 'key: alg');
is(length(decode_base64url($json->{key}{k})), 32, 'key: 32 bytes');
unlike($json->{key}{k}, qr/[=+\/]/, 'key: base64url without padding');
is($json->{records_url}, "https://registrar.example:$t->{port}/v1/records",
   'records_url');
is_deeply($json->{lease}, { min => 30, default => 7200, max => 86400 },
   'lease');
is_deeply([sort @{ $json->{services} }],
   [qw(_xmpp-client._tcp _xmpp-server._tcp _xmpps-server._tcp)], 'services');
is($json->{observed_address}, '127.0.0.2', 'observed_address');
ok(abs($json->{server_time} - $now) <= 5, 'server_time');
ok(abs($json->{key_expires_at} - $now - 86400) <= 5, 'key_expires_at');
is(join(' ', sort keys(%$json)), 'algorithm fqdn key key_expires_at keyid '
   . 'lease observed_address records_url server_time services',
   'and nothing else');


sub enroll
{
    my ($method, $body, %args) = @_;

    return $t->request($method, '/v1/enroll', cert => 'device',
        body => $body, %args);
}


is(outcome(enroll('POST', '')), '200', 'a body of no bytes');
is(outcome(enroll('POST', '{}')), '200', 'an empty object');
is(outcome(enroll('POST', '{"name": "mine"}')), '200',
   'members that are not known change nothing');
is(outcome(enroll('POST', "0\r\n\r\n",
    headers => [['Transfer-Encoding', 'chunked']])), '200', 'no chunks');

for my $method (qw(GET HEAD PUT DELETE PATCH OPTIONS)) {
    my $r = enroll($method, undef);

    is($r->{status}, 405, "$method is refused");
    is($r->{headers}{allow}, 'POST', '... with Allow');
}
is(outcome(enroll('GET')), '405 method-not-allowed', 'as a problem');

my %bad = (
    'garbage'          => ["\x00\xff\x01", '400 json-invalid'],
    'an array'         => ['[]', '400 json-invalid'],
    'a number'         => ['1', '400 json-invalid'],
    'cut'              => ['{"public_key"', '400 json-invalid'],
    'text behind'      => ['{} {}', '400 json-invalid'],
    'a member twice'   => ['{"a":1,"a":2}', '400 json-invalid'],
    'no UTF-8'         => ["{\"a\":\"\xc0\x80\"}", '400 json-invalid'],
    'a key that is none' => ['{"public_key":7}',
                             '422 member-invalid public_key'],
    'too large'        => ['{"a":"' . 'x' x 16384 . '"}',
                           '413 body-too-large'],
);

for my $name (sort keys(%bad)) {
    is(outcome(enroll('POST', $bad{$name}[0])), $bad{$name}[1], $name);
}

is($t->request('POST', '/elsewhere', cert => 'device')->{json}{records_url},
   'https://registrar.example/updates', 'a records_url of the operator\'s');
is(outcome($t->request('POST', '/v1/enroll?a=b', cert => 'device')), '200',
   'a query is no matter');

done_testing();
