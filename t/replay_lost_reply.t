#!/usr/bin/perl

# A reply that the device never saw: the request counts, and the next one,
# signed a second later, works.  The device's own retry is no replay.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();
$t->start(dnsd => 1);

my $client = $t->{client};
my $device = $t->device('device');

$device->enroll();

my $srv = '_xmpp-server._tcp.' . $device->fqdn;


# The bytes of a registration.

sub bytes
{
    my ($port) = @_;

    return $device->signed_bytes('PUT', '/v1/records', { services => [
        { service => '_xmpp-server._tcp', port => $port }] });
}


sub published
{
    return ($t->answers($srv, 'SRV') // '') =~ /srv 0 0 (\d+)/ ? $1 : 'none';
}


for my $port (1 .. 5) {
    my $bytes = bytes($port);
    my $socket = $client->connect() or die($@);

    print $socket $bytes;

    # With an alert of TLS, or by a reset: the peer is gone either way.
    $socket->close(SSL_no_shutdown => $port % 2);

    ok(wait_until(sub { published() eq $port }),
       "request $port counts, though nobody read its reply");
    is(outcome($client->exchange($bytes)), '401 stale-signature',
       '... once');
}

is(outcome($device->register(6)), '200', 'the next request');
is(published(), 6, 'published');


# A request that is not whole has not been made.

my $bytes = bytes(7);
my $socket = $client->connect() or die($@);

print $socket substr($bytes, 0, -1);
close($socket);

is(outcome($device->show()), '200', 'GET');
is(published(), 6, 'a body cut short changes nothing');
is(outcome($client->exchange($bytes)), '200', 'whole, it is taken');
is(published(), 7, 'published');

done_testing();
