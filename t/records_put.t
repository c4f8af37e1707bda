#!/usr/bin/perl

# PUT says what the whole registration is; DNS shows it at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(zone => 'type SRV TXT A AAAA TLSA SSHFP SVCB HTTPS URI CAA;');
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $fqdn = $device->fqdn;


# What dnsd has below the name of the device.

sub dns
{
    my ($name, $type) = @_;

    return $t->answers($name eq '@' ? $fqdn : "$name.$fqdn", $type)
        =~ s/\Q$fqdn\E/FQDN/gr;
}


my $reply = $device->put({
    services => [
        { service => '_xmpp-server._tcp', port => 15269 },
        { service => '_xmpp-server._tcp', port => 15270, priority => 10,
          weight => 5 },
        { service => '_xmpp-server._tcp', host => 'conference',
          port => 15269 },
        { service => '_xmpps-server._tcp', offered => JSON::PP::false },
        { service => '_xmpp-client._tcp', port => 65535, ttl => 30 },
    ],
});
my $now = time();

is(outcome($reply), '200', 'services');
is($reply->{headers}{'content-type'}, 'application/json', 'in JSON');
is($reply->{headers}{'cache-control'}, 'no-store', 'that nobody keeps');

is(dns('_xmpp-server._tcp', 'SRV'), '_xmpp-server._tcp.FQDN srv 0 0 15269 '
   . "FQDN.\n_xmpp-server._tcp.FQDN srv 10 5 15270 FQDN.", 'two ports');
is(dns('_xmpp-server._tcp.conference', 'SRV'),
   '_xmpp-server._tcp.conference.FQDN srv 0 0 15269 FQDN.',
   'of a name below');
is(dns('_xmpps-server._tcp', 'SRV'), '_xmpps-server._tcp.FQDN srv 0 0 0 .',
   'not offered');
is(dns('@', 'A'), 'FQDN a 127.0.0.1', 'the address that was observed');

my ($rr) = $t->query("_xmpp-client._tcp.$fqdn", 'SRV')->answer;

is($rr->ttl, 30, 'a TTL');
is($rr->port, 65535, 'the last port');

my $json = $reply->{json};

is($json->{fqdn}, $fqdn, 'fqdn');
is_deeply($json->{address}, { ipv4 => '127.0.0.1' }, 'address');
is($json->{observed_address}, '127.0.0.1', 'observed_address');
is($json->{lease}, 7200, 'lease');
ok(!$json->{dnssec}, 'not signed');
ok(abs($json->{server_time} - $now) <= 2, 'server_time');
is($json->{expires_at}, $json->{server_time} + 7200, 'expires_at');
ok($json->{refresh_after} >= 5760 && $json->{refresh_after} <= 6120,
   'refresh_after: 80 % and a little');
ok($json->{changed}, 'changed');
ok(!exists($json->{ignored}), 'nothing ignored');

my %shown = map { ("$_->{name} $_->{type}" => $_) } @{ $json->{records} };

is(join(', ', sort keys(%shown)), '@ A, _xmpp-client._tcp SRV, '
   . '_xmpp-server._tcp SRV, _xmpp-server._tcp.conference SRV, '
   . '_xmpps-server._tcp SRV', 'records');
is_deeply($shown{'_xmpp-client._tcp SRV'}, {
    name => '_xmpp-client._tcp', type => 'SRV', ttl => 30,
    expires_at => $json->{expires_at}, data => ["0 0 65535 $fqdn."],
}, 'one of them');
is_deeply($shown{'_xmpps-server._tcp SRV'}{data}, ['0 0 0 .'],
          'one that is not offered');


# The same, and all other types, for who knows DNS.

my @types = (
    ['_xmpp-server._tcp', 'SRV', "1 2 3 $fqdn.", 'srv 1 2 3 FQDN.'],
    ['_xmpp-server._tcp.a', 'SRV', '1 2 3 box', 'srv 1 2 3 box.FQDN.'],
    ['@', 'TXT', '"one" "two"', 'txt "one" "two"'],
    ['box', 'A', '127.0.0.1', 'a 127.0.0.1'],
    ['_443._tcp', 'TLSA', '3 1 1 ' . 'ab' x 32, 'tlsa 3 1 1 ' . 'ab' x 32],
    ['@', 'SSHFP', '4 2 ' . 'cd' x 32, 'sshfp 4 2 ' . 'cd' x 32],
    ['@', 'HTTPS', '1 . alpn=h2 port=8443', undef],
    ['_dns', 'SVCB', '1 box alpn=dot', undef],
    ['_http._tcp', 'URI', '10 1 "https://a.example/"',
     'uri 10 1 "https://a.example/"'],
    ['@', 'CAA', '0 issue "ca.example"', 'caa 0 issue "ca.example"'],
);

$reply = $device->put({ records => [map {
    { name => $_->[0], type => $_->[1], data => [$_->[2]] }
} @types] });
is(outcome($reply), '200', 'records');

for (@types) {
    my ($name, $type, undef, $expected) = @$_;
    my $answer = dns($name, $type);

    if (defined($expected)) {
        my $owner = $name eq '@' ? 'FQDN' : "$name.FQDN";

        # Net::DNS quotes what it must; the strings are what matters.
        is($answer =~ tr/"//dr, "$owner $expected" =~ tr/"//dr, $type);

    } else {
        like($answer, qr/^(?:\Q$name\E\.)?FQDN \L$type\E /, $type);
    }
}

is(dns('_xmpp-client._tcp', 'SRV'), '', 'what was not said again is gone');

$reply = $device->show();
is(outcome($reply), '200', 'GET');
is(scalar(@{ $reply->{json}{records} }), @types + 1, 'shows them all');
ok(!$reply->{json}{changed}, 'and changes nothing');

is(outcome($device->put(undef)), '200', 'PUT without a body');
is_deeply([map { "$_->{name} $_->{type}" }
    @{ $device->show()->{json}{records} }], ['@ A'],
    'leaves the address alone there');

done_testing();
