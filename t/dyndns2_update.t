#!/usr/bin/perl

# dyndns2: every way in which clients name an address, what is published then,
# and the words that they are answered with.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use Test::More;

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Dyndns2;

my $probe = IO::Socket::IP->new(LocalHost => '::1', Listen => 1)
    or plan(skip_all => 'no IPv6 on this machine');
my $port6 = $probe->sockport();

close($probe);

my $t = SrvRegistrar->new();

$t->configure(
    server => "listen [::1]:$port6 ssl;\n" . SrvRegistrar::Dyndns2->LOCATION,
    zone   => 'dyndns2_lease 3s;',
    zone_base => "ttl 60s;\nlease 1s 2h 1d;\n"
        . "allow_address 127.0.0.0/16 ::/64;\n",
);
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $client = SrvRegistrar::Dyndns2->issue($device);
my $fqdn = $device->fqdn();

my @a = (source => '127.0.0.1');
my @b = (source => '127.0.0.2');
my @far = (source => '127.1.0.1');
my @v6 = (address => '::1', port => $port6);


# The answer, and what is published then.

sub updated
{
    my ($query, @source) = @_;

    return $client->update($query, @source) . ': ' . $client->published();
}


is($client->{username}, $fqdn, 'the user is the FQDN');
like($client->{password}, qr/^[A-Za-z0-9_-]{40}$/, 'a password of 40');


# The source.

is(updated(undef, @a), '200 good 127.0.0.1: 127.0.0.1', 'no query at all');
is(updated(undef, @a), '200 nochg 127.0.0.1: 127.0.0.1', 'the same again');
is(updated("hostname=$fqdn&myip=127.0.0.2", @b),
   '200 good 127.0.0.2: 127.0.0.2', 'hostname and myip');
is(updated("system=dyndns&hostname=$fqdn&myip=&wildcard=ON&mx=x&backmx=YES", @a),
   '200 good 127.0.0.1: 127.0.0.1', 'ddclient that knows no address');
is(updated('hostname=YES', @b), '200 good 127.0.0.2: 127.0.0.2', 'YES');
is(updated("hostname=\U$fqdn\E.", @a), '200 good 127.0.0.1: 127.0.0.1',
   'another way to write the name');


# Both families, each by itself.

is(updated('myip=::1', @v6), '200 good ::1: 127.0.0.1 ::1',
   'IPv6, and IPv4 is kept');
is(updated('myip=127.0.0.2', @b), '200 good 127.0.0.2: 127.0.0.2 ::1',
   'and the reverse');
is(updated('myip=127.0.0.1,::2', @a),
   '200 good 127.0.0.1,::2: 127.0.0.1 ::2', 'both in myip');
is(updated('myip=127.0.0.1&myipv6=::3', @a),
   '200 good 127.0.0.1,::3: 127.0.0.1 ::3', 'myipv6');
is(updated('myip=127.0.0.1&ipv6=::4', @a),
   '200 good 127.0.0.1,::4: 127.0.0.1 ::4', 'ipv6');
is(updated('myip=127.0.0.1%2C::4', @a),
   '200 nochg 127.0.0.1,::4: 127.0.0.1 ::4', 'nothing new');
is(updated('myip=preserve&myipv6=::5', @v6), '200 good ::5: 127.0.0.1 ::5',
   'preserve');
is(updated('myip=127.0.0.1&myipv6=preserve', @a),
   '200 nochg 127.0.0.1: 127.0.0.1 ::5', 'preserve IPv6');
is(updated('myip=preserve', @a), '200 nochg: 127.0.0.1 ::5', 'preserve all');
is(updated('myipv6=::/64', @a), '200 nochg ::5: 127.0.0.1 ::5',
   'a prefix, and the host\'s part stays');
is(updated('myipv6=::6/64', @a), '200 good ::6: 127.0.0.1 ::6',
   'the length after an address');
is(updated('myip=&myipv6=::6', @v6), '200 good ::6: ::6', 'empty: removed');
is(updated('myip=127.0.0.1&myipv6=', @a), '200 good 127.0.0.1: 127.0.0.1',
   'the other');


# Deleting.

is($client->update('myip=127.0.0.1,::1', @a), '200 good 127.0.0.1,::1',
   'both are there');
is($client->delete('myip=9.9.9.9', @a), '200 good', 'delete IPv4');
is($client->published(), '::1', '... alone');
is($client->delete('myip=9.9.9.9', @a), '200 nochg', 'again');
is($client->update('myip=127.0.0.1', @a), '200 good 127.0.0.1', 'set again');
is($client->delete('myip=::9', @a), '200 good', 'delete IPv6');
is($client->published(), '127.0.0.1', '... alone');
is($client->delete("hostname=$fqdn", @far), '200 good', 'delete all');
is($client->published(), '', 'nothing is left');


# A lease of its own: such clients speak only when something changes.

is($client->update('myip=127.0.0.1', @a), '200 good 127.0.0.1', 'for 3 s');
is($device->patch({ address => { ipv4 => 'keep' } }, @a)->{status}, 200,
   'a refresh of the registration');
ok(wait_until(sub { $client->published() eq '' }), 'does not prolong it');


# What everybody may ask.

for my $path ('/checkip', '/nic/checkip', '/nic/myip') {
    my $reply = $t->request('GET', $path, @b);

    is($reply->{status}, 200, $path);
    is($reply->{headers}{'content-type'}, 'text/html', '... is HTML');
    like($reply->{body}, qr{<body>Current IP Address: 127\.0\.0\.2</body>},
         '... with the address');
}

like($t->request('GET', '/checkip', @v6)->{body},
     qr{Current IP Address: ::1<}, 'over IPv6');

done_testing();
