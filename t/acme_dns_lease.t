#!/usr/bin/perl

# A challenge ends by itself, since acme-dns's clients never take one away:
# one short lease for all values, renewed by each write and by nothing else.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::AcmeDns qw(challenge);

my $t = SrvRegistrar->new();

$t->configure(zone => 'challenge_lease 6s;',
    server => SrvRegistrar::AcmeDns->LOCATION);
$t->start(dnsd => 1);

my $device = $t->device('device');
$device->enroll();
$device->register(15269);

my $client = SrvRegistrar::AcmeDns->issue($device);
my @values = map { challenge("v$_") } 1 .. 5;

is($client->update($_)->{status}, 200, 'written') for @values;

my $written = expiry();

is($client->published(), "@values[1 .. 4]", 'a fifth replaced the oldest');
is(outcome($device->register(15270)), '200', 'a PUT');
is(outcome($device->patch({})), '200', 'and a refresh');
is($client->published(), "@values[1 .. 4]", 'leave them alone');
is(expiry(), $written, '... with their lease');

my ($rr) = $t->query($client->{fulldomain}, 'TXT')->answer;

cmp_ok($rr->ttl, '<=', 1, 'no cache keeps them');

wait_until(sub { time() > $written - 4 });
is($client->update($values[1])->{status}, 200, 'the same value again');
cmp_ok(expiry(), '>', $written, 'renews the lease');
is($client->published(), join(' ', sort @values[1 .. 4]), '... of all');

ok(wait_until(sub { $client->published() eq '' }), 'gone at its end');
like($t->answers($device->fqdn, 'A'), qr/ a 127\.0\.0\.1$/,
    'and the registration is still there');

done_testing();


# When the challenges end, by what the device is shown.

sub expiry
{
    my ($txt) = grep { $_->{name} eq '_acme-challenge' }
        @{ $device->show()->{json}{records} };

    return $txt->{expires_at};
}
