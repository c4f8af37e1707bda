#!/usr/bin/perl

# The address is the one that the request came from; what the device says of
# it is checked, and the other family is left alone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $probe = IO::Socket::IP->new(LocalHost => '::1', Listen => 1)
    or plan(skip_all => 'no IPv6 on this machine');
my $port6 = $probe->sockport();

close($probe);

my $t = SrvRegistrar->new();

$t->configure(server => "listen [::1]:$port6 ssl;", lease => '1s 2h 1d',
    zone_base => <<'END');
ttl 60s;
lease %%lease%%;
allow_address 127.0.0.0/16 ::/64;
END
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my @v6 = (address => '::1', port => $port6);


# What DNS has now: "127.0.0.1 ::1".

sub published
{
    my @found = map { $_->address_short // $_->address }
        map { $t->query($device->fqdn, $_)->answer } qw(AAAA);

    return join(' ', (map { $_->address }
        $t->query($device->fqdn, 'A')->answer), @found);
}


# Sets addresses from a source; the outcome and what is then published.

sub address
{
    my ($address, @source) = @_;

    my $reply = $device->patch({ defined($address)
        ? (address => $address) : () }, @source);

    return outcome($reply) . ': ' . published();
}


my @a = (source => '127.0.0.1');
my @b = (source => '127.0.0.2');
my @far = (source => '127.1.0.1');

is(address(undef, @a), '200: 127.0.0.1', 'unsaid: the source');
is(address({}, @b), '200: 127.0.0.2', 'nothing said: the source');
is(address({ ipv4 => 'observed' }, @a), '200: 127.0.0.1', 'observed');
is(address({ ipv4 => '127.0.0.2' }, @b), '200: 127.0.0.2', 'the source, said');
is(address({ ipv4 => 'keep' }, @a), '200: 127.0.0.2', 'keep');
is(address({ ipv4 => '::ffff:127.0.0.2' }, @b), '200: 127.0.0.2', 'mapped');
is(address({ ipv4 => '127.0.0.2' }, @a),
   '422 address-mismatch address.ipv4: 127.0.0.2', 'another than the source');

my $reply = $device->patch({ address => { ipv4 => '127.0.0.9' } }, @a);
is($reply->{json}{observed_address}, '127.0.0.1', '... which is told');

is(address(undef, @far), '422 address-not-allowed address.ipv4: 127.0.0.2',
   'a source that may not be published');
is(address({ ipv4 => 'none' }, @far), '200: ', 'none, from anywhere');
is(address({ ipv4 => 'keep' }, @far), '200: ', 'keep, of nothing');

for my $bad ('127.0.0.01', '127.0.0', '127.1', '0x7f000001', '::1',
    '127.0.0.1 ', 'Observed', 'localhost')
{
    like(outcome($device->patch({ address => { ipv4 => $bad } }, @a)),
         qr/^422 (?:member-invalid|address-mismatch) address\.ipv4$/,
         "ipv4 \"$bad\"");
}

is(outcome($device->patch({ address => $_ }, @a)),
   '422 member-invalid address', 'no object') for 'observed', [], 1;
is(outcome($device->patch({ address => { ipv4 => $_ } }, @a)),
   '422 member-invalid address.ipv4', 'no string') for '', 1, [];


# Each family by requests of its own.

is(address(undef, @a), '200: 127.0.0.1', 'IPv4');
is(address(undef, @v6), '200: 127.0.0.1 ::1', 'IPv6, and the other is kept');
is(address({ ipv6 => '::2' }, @v6), '200: 127.0.0.1 ::2',
   'another address of the /64');
is(address({ ipv6 => '0:0:0:1::1' }, @v6),
   '422 address-mismatch address.ipv6: 127.0.0.1 ::2', 'of another /64');
is(address({ ipv6 => 'observed' }, @a),
   '422 address-mismatch address.ipv6: 127.0.0.1 ::2',
   'IPv6 by a request over IPv4');
is(address({ ipv4 => '127.0.0.1' }, @v6),
   '422 address-mismatch address.ipv4: 127.0.0.1 ::2', 'and the reverse');
is(address({ ipv6 => 'none' }, @a), '200: 127.0.0.1', 'none, by the other');
is(address({ ipv4 => 'none', ipv6 => 'observed' }, @v6), '200: ::1',
   'one for the other');
is(address({ ipv6 => '::ffff:127.0.0.1' }, @v6),
   '422 member-invalid address.ipv6: ::1', 'IPv4 in disguise');


# A refresh over one family does not prolong the other.

is(outcome($device->put({ lease => 4 }, @a)), '200', 'IPv4 for four seconds');
is(outcome($device->put({ lease => 7200 }, @v6)), '200', 'then IPv6 alone');
is(published(), '127.0.0.1 ::1', 'both are there');
ok(wait_until(sub { published() eq '::1' }), 'IPv4 runs out by itself');


# Addresses below the FQDN follow the same rules.

sub below
{
    my ($type, $data, @source) = @_;

    return outcome($device->patch({ records => [
        { name => 'box', type => $type, data => [$data] }] }, @source));
}


is(below('A', '127.0.0.1', @a), '200', 'a record: the source');
is(below('A', '127.0.0.2', @a), '422 address-mismatch records[0].data[0]',
   'a record: another');
is(below('A', '8.8.8.8', @a), '422 address-mismatch records[0].data[0]',
   'a record: somebody else\'s');
is(below('AAAA', '::2', @v6), '200', 'a record of the /64');
is(below('AAAA', '::2', @a), '422 address-mismatch records[0].data[0]',
   'a record of the other family');


# A device that has moved does not keep the old place's addresses by
# refreshing the rest.

sub box
{
    return join(' ', map { $_->address }
        $t->query('box.' . $device->fqdn, 'A')->answer);
}


my $box = { records => [{ name => 'box', type => 'A', data => ['127.0.0.1'] }] };

is(outcome($device->put({ lease => 5, %$box }, @a)), '200', 'a box');
is(outcome($device->patch({ lease => 7200 }, @v6)), '200', 'moved away');
is(box(), '127.0.0.1', 'it stays as long as it had');
ok(wait_until(sub { box() eq '' }), 'and runs out');

is(outcome($device->put({ lease => 5, %$box }, @a)), '200', 'once more');

my $moved = $device->patch({ lease => 7200 }, @a);

is(outcome($moved), '200', 'refreshed from the same place');
ok($_->{expires_at} > time() + 7000, "... $_->{name} $_->{type}")
    for @{ $moved->{json}{records} };

done_testing();
