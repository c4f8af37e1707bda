#!/usr/bin/perl

# acme-dns's /update, byte for byte: clients cut replies up with sed, find
# members by names in any case, and send types and bodies of their own taste.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;
use SrvRegistrar::AcmeDns qw(challenge);

my $t = SrvRegistrar->new();

$t->configure(server => SrvRegistrar::AcmeDns->LOCATION);
$t->start(dnsd => 1);

my $device = $t->device('device');
$device->enroll();

my $client = SrvRegistrar::AcmeDns->issue($device);
my $label = $device->fqdn() =~ s/\..*//r;

like($client->{username}, qr/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'the user is a UUID');
like($client->{password}, qr/^[A-Za-z0-9_-]{40}$/, 'a password of 40');
is($client->{subdomain}, $label, 'the subdomain is the label');
is($client->{fulldomain}, '_acme-challenge.' . $device->fqdn(),
    'the name is where CAs look');

my $first = challenge('first');
my $reply = $client->update($first);

is($reply->{status}, 200, 'an update: 200');
is($reply->{body}, qq({"txt": "$first"}), 'and acme-dns\'s own bytes');
is($reply->{headers}{'content-type'}, 'application/json', 'and type');
is($client->published(), $first, 'the challenge is published');

subtest 'four live side by side, a fifth replaces the oldest' => sub {
    my @values = map { challenge($_) } qw(second third fourth);

    is($client->update($_)->{status}, 200, $_) for @values;
    is($client->published(), join(' ', sort $first, @values), 'four');

    $client->update($first);
    is($client->published(), join(' ', sort $first, @values),
        'one that is there already stays one');

    my $fifth = challenge('fifth');
    is($client->update($fifth)->{status}, 200, 'a fifth');
    is($client->published(), join(' ', sort $first, @values[1, 2], $fifth),
        'in place of the oldest');
};

# What each client sends, as far as it differs.
my %bodies = (
    'goacmedns (lego, cert-manager, Caddy)' =>
        '{"SubDomain":"%s","Txt":"%s"}',
    'acme.sh' => '{"subdomain":"%s", "txt": "%s"}',
    'the others' => '{"txt": "%2$s", "subdomain": "%1$s"}' . "\n",
    'one that says more' => '{"subdomain":"%s","txt":"%s","ttl":[1]}',
);

for my $name (sort keys %bodies) {
    my $value = challenge($name =~ s/\W/-/gr);
    my $body = sprintf($bodies{$name}, $label, $value);

    $reply = $client->update('', body => $body);
    is("$reply->{status} $reply->{body}", qq(200 {"txt": "$value"}), $name);
}

for my $type ('application/json', 'application/x-www-form-urlencoded',
    'text/plain') {
    $reply = $client->update($first, headers => [['Content-Type', $type]]);
    is($reply->{status}, 200, "sent as $type");
}

# As Go's parser takes them.
my $uuid = $client->{username};

for my $user (uc($uuid), $uuid =~ s/-//gr, "{$uuid}", "urn:uuid:$uuid") {
    is($client->update($first, user => $user)->{status}, 200, $user);
}

is($t->request($_, '/health')->{status}, 200, "$_ /health") for qw(GET HEAD);
is($t->request('GET', '/health')->{body}, '', 'with nothing to say');

my @refused = (
    ['GET', '/update', 405, "Method Not Allowed\n", 'POST'],
    ['POST', '/health', 405, "Method Not Allowed\n", 'GET, HEAD'],
    ['POST', '/register', 404, "404 page not found\n", undef],
);

for (@refused) {
    my ($method, $path, $status, $body, $allow) = @$_;

    $reply = $t->request($method, $path);
    is_deeply([@{$reply}{qw(status body)}, $reply->{headers}{allow}],
        [$status, $body, $allow], "$method $path: $status");
}

done_testing();
