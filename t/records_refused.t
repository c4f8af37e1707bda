#!/usr/bin/perl

# What a registration may not say: each refusal, with the member that it
# names, and nothing of it applied.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

# URI and CAA are left out; srv_registrar_zone has the services.
$t->configure(zone => 'type SRV TXT A AAAA TLSA SSHFP SVCB HTTPS;');
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(15269)), '200', 'registered');

my $fqdn = $device->fqdn;
my $serial = $t->serial();


# A body, what is refused and where; FQDN stands for the device's name.

my @cases = map { [split(/ *\| */)] } grep { /\S/ } split(/\n/, <<'END');
[]                                        | 400 json-invalid
"text"                                    | 400 json-invalid
{                                         | 400 json-invalid
{"lease": 1,}                             | 400 json-invalid
{"lease": 60, "lease": 60}                | 400 json-invalid
{"services": [{"port": 1, "port": 2}]}    | 400 json-invalid
{"lease": 9223372036854775808}            | 400 json-invalid
{"lease": "\u0000"}                       | 400 json-invalid
{"lease": 1e3}                            | 422 member-invalid lease
{"services": {}}                          | 422 member-invalid services
{"services": [7]}                         | 422 member-invalid services[0]
{"services": [{"port": 1}]}               | 422 member-invalid services[0].service
{"services": [S, {"service": 7}]}         | 422 member-invalid services[1].service
{"services": [{"service": ""}]}           | 422 member-invalid services[0].service
{"services": [{"service": "_xmpp-server._tcp"}]}      | 422 member-invalid services[0].port
{"services": [S+ "port": 0}]}             | 422 member-invalid services[0].port
{"services": [S+ "port": 65536}]}         | 422 member-invalid services[0].port
{"services": [S+ "port": -1}]}            | 422 member-invalid services[0].port
{"services": [S+ "port": "80"}]}          | 422 member-invalid services[0].port
{"services": [S+ "port": 80.0}]}          | 422 member-invalid services[0].port
{"services": [S+ "port": true}]}          | 422 member-invalid services[0].port
{"services": [S+ "port": 1, "priority": 65536}]}      | 422 member-invalid services[0].priority
{"services": [S+ "port": 1, "weight": -1}]}           | 422 member-invalid services[0].weight
{"services": [S+ "port": 1, "ttl": 0}]}   | 422 member-invalid services[0].ttl
{"services": [S+ "port": 1, "ttl": 86401}]}           | 422 member-invalid services[0].ttl
{"services": [S+ "port": 1, "lease": 0}]} | 422 member-invalid services[0].lease
{"services": [S+ "port": 1, "offered": 1}]}           | 422 member-invalid services[0].offered
{"services": [S+ "port": 1, "offered": false}]}       | 422 member-invalid services[0].port
{"services": [S, S+ "offered": false}]}   | 422 member-invalid services[1].offered
{"services": [S, S+ "port": 2, "ttl": 9}]}            | 422 member-invalid services[1].ttl
{"services": [S, S+ "port": 2, "lease": 99}]}         | 422 member-invalid services[1].lease
{"services": [S, S]}                      | 422 duplicate services[1]
{"services": [S+ "port": 1, "host": ""}]} | 422 member-invalid services[0].host
{"services": [S+ "port": 1, "host": "a..b"}]}         | 422 name-invalid services[0].host
{"services": [S+ "port": 1, "host": "*"}]}            | 422 name-invalid services[0].host
{"services": [S+ "port": 1, "host": "a.FQDN."}]}      | 422 name-invalid services[0].host
{"services": [{"service": "xmpp-server", "port": 1}]} | 422 name-invalid services[0].service
{"services": [{"service": "_a._tcp._x", "port": 1}]}  | 422 name-invalid services[0].service
{"services": [{"service": "_sip._udp", "port": 1}]}   | 403 service-not-allowed services[0].service
{"records": [1]}                          | 422 member-invalid records[0]
{"records": [{}]}                         | 422 member-invalid records[0].data
{"records": [R+ "data": "x"}]}            | 422 member-invalid records[0].data
{"records": [R+ "data": [1]}]}            | 422 member-invalid records[0].data[0]
{"records": [{"type": "TXT", "data": []}]}            | 422 member-invalid records[0].name
{"records": [{"name": "@", "data": []}]}  | 422 member-invalid records[0].type
{"records": [{"name": "*", "type": "TXT", "data": ["x"]}]}   | 422 name-invalid records[0].name
{"records": [{"name": "a b", "type": "TXT", "data": ["x"]}]} | 422 name-invalid records[0].name
{"records": [{"name": "a.", "type": "TXT", "data": ["x"]}]}  | 422 name-invalid records[0].name
{"records": [{"name": "..", "type": "TXT", "data": ["x"]}]}  | 422 name-invalid records[0].name
{"records": [{"name": "\u00f6", "type": "TXT", "data": ["x"]}]} | 422 name-invalid records[0].name
{"records": [{"name": "@", "type": "CNAME", "data": ["x"]}]} | 403 type-not-allowed records[0].type
{"records": [{"name": "@", "type": "NS", "data": ["x"]}]}    | 403 type-not-allowed records[0].type
{"records": [{"name": "@", "type": "CAA", "data": ["x"]}]}   | 403 type-not-allowed records[0].type
{"records": [{"name": "@", "type": "TYPE16", "data": ["x"]}]} | 403 type-not-allowed records[0].type
{"records": [{"name": "@", "type": "A", "data": ["127.0.0.1"]}]} | 422 member-invalid records[0]
{"records": [R, R]}                       | 422 duplicate records[1]
{"records": [R+ "data": ["a", "a"]}]}     | 422 duplicate records[0].data[1]
{"records": [R+ "data": [""]}]}           | 422 rdata-invalid records[0].data[0]
{"records": [R+ "data": ["\"open"]}]}     | 422 rdata-invalid records[0].data[0]
{"records": [R+ "data": ["a ; b"]}]}      | 422 rdata-invalid records[0].data[0]
{"records": [R+ "data": ["( a"]}]}        | 422 rdata-invalid records[0].data[0]
{"records": [R+ "data": ["\\# 1 00"]}]}   | 422 rdata-invalid records[0].data[0]
{"records": [R+ "data": ["a", "a\nb"]}]}  | 422 rdata-invalid records[0].data[1]
{"records": [R+ "data": ["\\300"]}]}      | 422 rdata-invalid records[0].data[0]
{"records": [V+ "data": ["1 2 65536 ."]}]}            | 422 rdata-invalid records[0].data[0]
{"records": [V+ "data": ["1 2 3"]}]}      | 422 rdata-invalid records[0].data[0]
{"records": [V+ "data": ["1 2 3 . x"]}]}  | 422 rdata-invalid records[0].data[0]
{"records": [V+ "data": ["1 2 0 FQDN."]}]}            | 422 rdata-invalid records[0].data[0]
{"records": [V+ "data": ["1 2 3 www.devices.example."]}]} | 422 target-outside records[0].data[0]
{"records": [V+ "data": ["1 2 3 example.org."]}]}     | 422 target-outside records[0].data[0]
{"records": [V+ "data": ["1 2 3 xFQDN."]}]}           | 422 target-outside records[0].data[0]
{"records": [{"name": "_sip._udp", "type": "SRV", "data": ["0 0 1 ."]}]} | 403 service-not-allowed records[0].name
{"records": [{"name": "@", "type": "HTTPS", "data": ["1 other.example."]}]} | 422 target-outside records[0].data[0]
{"records": [{"name": "@", "type": "HTTPS", "data": ["1 . port=65536"]}]} | 422 rdata-invalid records[0].data[0]
{"records": [{"name": "_1._tcp", "type": "TLSA", "data": ["3 1 1 ab"]}]} | 422 rdata-invalid records[0].data[0]
{"records": [{"name": "_1._tcp", "type": "TLSA", "data": ["300 1 1 ab"]}]} | 422 rdata-invalid records[0].data[0]
{"records": [{"name": "a", "type": "A", "data": ["127.0.0"]}]} | 422 rdata-invalid records[0].data[0]
{"services": [S], "records": [V+ "data": ["0 0 1 ."]}]} | 422 duplicate records[0]
END

for (@cases) {
    my ($body, $expected) = @$_;
    my $name = $body;

    $body =~ s/\bS\+/{"service": "_xmpp-server._tcp",/g;
    $body =~ s/\bS\b(?=[],])/{"service": "_xmpp-server._tcp", "port": 1}/g;
    $body =~ s/\bR\+/{"name": "\@", "type": "TXT",/g;
    $body =~ s/\bR\b(?=[],])/{"name": "\@", "type": "TXT", "data": ["x"]}/g;
    $body =~ s/\bV\+/{"name": "_xmpp-server._tcp", "type": "SRV",/g;
    $body =~ s/FQDN/$fqdn/g;

    my $reply = $device->signed('PUT', '/v1/records', $body,
        sign => { created => time() });

    is(outcome($reply), $expected, $name);
    ok(length($reply->{json}{detail}), '... in words') if $expected =~ / /;
}

is($t->serial(), $serial, 'none of them changed anything');
is($t->answers("_xmpp-server._tcp.$fqdn", 'SRV'),
   "_xmpp-server._tcp.$fqdn srv 0 0 15269 $fqdn.", 'what was there is there');


# A hostile text comes back as text.

my $reply = $device->patch('{"address": {"ipv4": "\u00e9\"\\\\\ud83d\ude00'
    . '<script>"}}', sign => { created => time() });

is(outcome($reply), '422 member-invalid address.ipv4', 'odd characters');
like($reply->{json}{detail}, qr/\x{e9}"\\\x{1f600}<script>/,
     '... in valid JSON');


# What is not known is named, and otherwise of no effect.

$reply = $device->patch({ adress => {}, 'a b' => 1,
    address => { ipv5 => 'x' },
    services => [{ service => '_xmpp-server._tcp', port => 1, proto => 'x' }],
    records => [{ name => '@', type => 'TXT', data => [], comment => 'x' }],
});
is(outcome($reply), '200', 'unknown members');
is(join(' ', sort @{ $reply->{json}{ignored} }), 'a b address.ipv5 adress '
   . 'records[0].comment services[0].proto', '... are named');

done_testing();
