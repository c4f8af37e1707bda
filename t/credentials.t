#!/usr/bin/perl

# POST /v1/credentials: a device issues, lists and rotates what its clients of
# other protocols log in with, signing with its key.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(servers => <<'END');
server {
    listen %%ADDRESS%%:%%DNS_PORT%%;
    location = /v1/credentials {
        srv_registrar credentials;
    }
}
END
$t->start();

my $device = $t->device('device');
my $other = $t->device('other');

$_->enroll() for $device, $other;

my $reply = ask('{}');
my $fqdn = $device->fqdn();
my ($label) = $fqdn =~ /^([^.]+)/;

is(outcome($reply), '200', 'a list');
is_deeply($reply->{json}{credentials}, [], 'of nothing, at first');
is($reply->{json}{fqdn}, $fqdn, 'of this device');
is($reply->{headers}{'cache-control'}, 'no-store', 'that nobody keeps');
is(outcome(ask(undef)), '200', 'no body is an empty one');

$reply = ask({ issue => ['acme-dns', 'dyndns2'], rotat => [] });

my $first = credentials($reply);
my $acme = $first->{'acme-dns'};

is(outcome($reply), '200', 'issued');
is_deeply($reply->{json}{ignored}, ['rotat'], 'a typing mistake shows');
like($reply->{json}{server_time}, qr/^\d{10}$/, 'with the time');
like($acme->{username},
     qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
     'acme-dns: a random UUID');
like($acme->{password}, qr/^[A-Za-z0-9_-]{40}$/, '... 40 characters');
is($acme->{subdomain}, $label, '... the label');
is($acme->{fulldomain}, "_acme-challenge.$fqdn", '... the whole name');
is($first->{dyndns2}{username}, $fqdn, 'dyndns2: the FQDN');
like($first->{dyndns2}{password}, qr/^[A-Za-z0-9_-]{40}$/, '... a password');
isnt($first->{dyndns2}{password}, $acme->{password}, '... of its own');

is_deeply(credentials(ask({ issue => ['acme-dns'] })), $first,
    'issuing again changes nothing');
is_deeply(credentials(ask({})), $first, 'the list shows the same');

my $rotated = credentials(ask({ rotate => ['dyndns2'] }));

isnt($rotated->{dyndns2}{password}, $first->{dyndns2}{password}, 'rotated');
is_deeply($rotated->{'acme-dns'}, $acme, 'and the other one stays');

$device->enroll();
$device->patch({});

is_deeply(credentials(ask({})), $rotated, 'they outlive a re-enrolment');
isnt($other->credentials('dyndns2')->{dyndns2}{password},
    $rotated->{dyndns2}{password}, 'another device has its own');

# A new key secret: what is issued stays, what is rotated takes it.
$t->write('secrets', $t->read('secrets') . 'key 2 ' . '33' x 32 . "\n");
ok($t->reload_all(), 'a new secret');
is_deeply(credentials(ask({})), $rotated, 'touches nothing');
isnt(credentials(ask({ rotate => ['acme-dns'] }))->{'acme-dns'}{username},
    $acme->{username}, 'a rotation replaces the user too');

# A secret that is gone: what hangs on it cannot be told, and is replaced.
$t->write('secrets', $t->read('secrets') =~ s/^key 2 .*\n//mr);
ok($t->reload_all(), 'without the newest secret');
is(outcome(ask({})), '503 secret-unavailable', 'a list needs it');
is(outcome(ask({ rotate => ['dyndns2'] })), '503 secret-unavailable',
    'so does a rotation of another one');
is(outcome(ask({ rotate => ['acme-dns'] })), '200', 'a rotation does not');

for my $case (
    ['{"issue":"dyndns2"}', '422 member-invalid issue'],
    ['{"issue":["dyndns2","dyndns"]}', '422 member-invalid issue[1]'],
    ['{"rotate":[1]}', '422 member-invalid rotate[0]'],
    ['{"rotate":["ACME-DNS"]}', '422 member-invalid rotate[0]'],
    ['{"issue":[],"issue":[]}', '400 json-invalid'],
    ['[]', '400 json-invalid'],
) {
    is(outcome(ask($case->[0])), $case->[1], $case->[0]);
}

my $before = credentials(ask({}));
my $sent = $device->{sent};

is(outcome($t->{client}->exchange($sent)), '401 stale-signature',
    'the same bytes do not list them again');
is(outcome($t->request('POST', '/v1/credentials', cert => 'device')),
    '401 signature-required', 'a certificate is no signature');
is(outcome($device->signed('GET', '/v1/credentials', undef)),
    '405 method-not-allowed', 'GET');

my $plain = IO::Socket::INET->new(PeerAddr => $t->{address},
    PeerPort => $t->{dns_port}) or die;

is(outcome($t->request('POST', '/v1/credentials', socket => $plain)),
    '403 tls-required', 'not without TLS');

is_deeply(credentials(ask({})), $before,
    'nothing of this changed anything');
unlike($t->read('error.log') . $t->read('access.log'),
    qr/\Q$acme->{password}\E/, 'no password in a log');

done_testing();


sub ask
{
    my ($body) = @_;

    return $device->signed('POST', '/v1/credentials', $body);
}


sub credentials
{
    my ($reply) = @_;

    return { map { $_->{door} => $_ } @{ $reply->{json}{credentials} } };
}
