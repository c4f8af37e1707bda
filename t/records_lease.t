#!/usr/bin/perl

# Leases: what is asked is clamped, what is not said stays as it was, a record
# may have its own, and a refresh prolongs what has none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();

$t->configure(lease => '2s 100s 1000s');
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $fqdn = $device->fqdn;


# What is left of the lease of each record, as the last reply said; up to a
# second has passed since.

my $json;

sub left
{
    my ($reply) = @_;

    is(outcome($reply), '200', 'accepted');
    $json = $reply->{json};

    return { map { ("$_->{name} $_->{type}" =>
        $_->{expires_at} - $json->{server_time}) } @{ $json->{records} } };
}


is_deeply(left($device->put({})), { '@ A' => 100 }, 'the default');
is($json->{lease}, 100, 'as said');
left($device->patch({ lease => 1 }));
is($json->{lease}, 2, 'less than the least');
left($device->patch({}));
is($json->{lease}, 2, 'not said: as before');
left($device->patch({ lease => 1000 }));
is($json->{lease}, 1000, 'the most');
left($device->patch({ lease => 9007199254740993 }));
is($json->{lease}, 1000, 'more than that');
is($json->{expires_at}, $json->{server_time} + 1000, 'expires_at');
ok($json->{refresh_after} >= 800 && $json->{refresh_after} <= 850,
   'refresh_after');

is(outcome($device->patch({ lease => $_ })), '422 member-invalid lease',
   'lease ' . ($_ // 'null')) for 0, -1, '"1"', 1.5, JSON::PP::true, undef;


# Leases of their own.

is_deeply(left($device->put({
    lease => 500,
    services => [
        { service => '_xmpp-server._tcp', port => 1 },
        { service => '_xmpp-client._tcp', port => 2, lease => 50 },
    ],
    records => [
        { name => 'a', type => 'TXT', data => ['"a"'], lease => 5000 },
        { name => 'b', type => 'TXT', data => ['"b"'], lease => 1 },
        { name => 'c', type => 'TXT', data => ['"c"'] },
    ],
})), {
    '@ A' => 500, '_xmpp-server._tcp SRV' => 500, 'c TXT' => 500,
    '_xmpp-client._tcp SRV' => 50, 'a TXT' => 1000, 'b TXT' => 2,
}, 'leases of their own, clamped');
is($json->{lease}, 500, 'are not that of the registration');

my ($rr) = $t->query("c.$fqdn", 'TXT')->answer;
is($rr->ttl, 60, 'a TTL below the lease stands');
($rr) = $t->query("_xmpp-client._tcp.$fqdn", 'SRV')->answer;
ok($rr->ttl <= 50, 'a TTL above what is left does not');

my $client_until = (grep { $_->{name} eq '_xmpp-client._tcp' }
    @{ $json->{records} })[0]{expires_at};

my $left = left($device->patch({ lease => 900 }));

is($left->{'c TXT'}, 900, 'a refresh prolongs what has no lease of its own');
is($left->{'_xmpp-server._tcp SRV'}, 900, '... services, too');
is($left->{'@ A'}, 900, '... and the address');
is($left->{'_xmpp-client._tcp SRV'} + $json->{server_time}, $client_until,
   'but not what has one');
is(left($device->patch({ records => [
    { name => 'a', type => 'TXT', data => ['"a"'] }] }))->{'a TXT'}, 900,
    'a write renews; without a lease it lives as the rest');


# The shortest ends, first in DNS, while the rest goes on.

ok(wait_until(sub {
    $t->query("b.$fqdn", 'TXT')->header->rcode eq 'NXDOMAIN'
}), 'a lease that has run out');
is($t->query("c.$fqdn", 'TXT')->header->rcode, 'NOERROR', 'others live');
ok(!grep({ $_->{name} eq 'b' } @{ $device->show()->{json}{records} }),
   'GET does not show it');
ok(!exists(left($device->patch({}))->{'b TXT'}),
   'and no refresh brings it back');

done_testing();
