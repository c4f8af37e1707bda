#!/usr/bin/perl

# acme-dns's /register: only where the operator opens it, and only for whom a
# client certificate names.  Who comes again gets what he had.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;
use SrvRegistrar::AcmeDns qw(challenge);

my $t = SrvRegistrar->new();

$t->configure(
    server => 'srv_registrar_acme_dns_register certificate;'
        . SrvRegistrar::AcmeDns->LOCATION,
    http   => 'srv_registrar_enroll_limit 3600s burst=3;',
);
$t->start(dnsd => 1);

my $device = $t->device('device');

sub said
{
    my ($reply) = @_;

    return $reply ? "$reply->{status} $reply->{body}" : 'no reply';
}


sub register
{
    my (%args) = @_;

    return $t->request('POST', '/register', cert => 'device', %args);
}


my $reply = register();

is($reply->{status}, 201, 'registered: 201');
is($reply->{headers}{'content-type'}, 'application/json', 'the type');
is($reply->{headers}{'cache-control'}, 'no-store', 'nobody keeps it');

my $zone = qr/\Q$t->{zone}/;
my $label = $reply->{json}{subdomain};

like($reply->{body}, qr/^\{"username":"[0-9a-f-]{36}",
    "password":"[A-Za-z0-9_-]{40}","fulldomain":"_acme-challenge\.$label\.$zone",
    "subdomain":"[0-9a-f]{32}","allowfrom":\[\]\}$/x, 'acme-dns\'s own bytes');

my $client = bless { %{ $reply->{json} }, bench => $t },
    'SrvRegistrar::AcmeDns';

is($client->update(challenge('one'))->{status}, 200, 'the credential works');
is($client->published(), challenge('one'), 'and is published');

is(register(body => '{}')->{body}, $reply->{body},
    'registered again: the same one');

$device->enroll();
is($device->fqdn(), "$label.$t->{zone}", 'the device enrols under that name');
is($client->update(challenge('two'))->{status}, 200, 'the credential stays');
is($device->credentials('acme-dns')->{'acme-dns'}{password},
    $client->{password}, 'the device is told the same');

my @cases = (
    ['no certificate', { cert => undef }, '401 {"error": "forbidden"}'],
    ['a list of addresses', { body => '{"allowfrom":["192.0.2.0/24"]}' },
     '400 {"error": "invalid_allowfrom_cidr"}'],
    ['no JSON', { body => '{' }, '400 {"error": "malformed_json_payload"}'],
    ['a foreign certificate', { cert => 'foreign' },
     '401 {"error": "forbidden"}'],
);

# nginx's own refusal of a certificate (495) comes before any location.
$t->{certificates}->ca('strange-ca');
$t->{certificates}->certificate('foreign', ca => 'strange-ca');

my $before = $t->store_check()->{txn};

for (@cases) {
    my ($what, $arguments, $expected) = @$_;

    my $got = register(%$arguments);

    if ($what =~ /foreign/) {
        is(SrvRegistrar::outcome($got), '403 certificate-refused', $what);
        next;
    }

    is(said($got), $expected, $what);
}

is($t->store_check()->{txn}, $before, 'none of it was a commit');

subtest 'too often' => sub {
    my $last;

    for (1 .. 5) {
        $last = register();
        last if $last->{status} != 201;
    }

    is(said($last), '429 {"error": "forbidden"}', 'is refused');
    like($last->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'for a while');
};

is($t->request('GET', '/register')->{status}, 405, 'GET: 405');

done_testing();
