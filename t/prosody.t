#!/usr/bin/perl

# What all this is for: two XMPP servers, of which one runs on a device.  The
# device enrols, takes the name it got for the domain of its JIDs, and
# registers a port that is not XMPP's own; from then on a message from a
# friend's server, which knows nothing but DNS, arrives, and one to it too,
# until the lease has run out.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(free_port wait_until);
use SrvRegistrar::Prosody;
use SrvRegistrar::Unbound;

# The port that the device's router mapped, on an address of its own.
use constant DEVICE_PORT => 15269;

# Of a message; the servers themselves give up sooner, with an error.
use constant MESSAGE_TIMEOUT => 20;

# Until a name is seen to be there or not: its TTL and negative TTL are 1 s.
use constant DNS_TIMEOUT => 30;

my $missing = SrvRegistrar::Prosody->missing()
    // SrvRegistrar::Unbound->missing();

plan(skip_all => $missing) if defined($missing);

my $t = SrvRegistrar->new(zone_text => <<'END');
$ORIGIN devices.example.
$TTL 1
@    SOA  ns hostmaster 1 7200 900 1209600 1
     NS   ns
ns   A    192.0.2.53
END

$t->configure(zone_base => <<'END');
ttl 1s;
lease 1s 2h 1d;
service _xmpp-server._tcp;
allow_address 127.0.0.0/8;
END
$t->start(dnsd => 1);

my ($device_address, $friend_address) = map { other_address($_) } 64, 128;
my $friend_port = free_port($friend_address);
my $agent_home = directory('agent');

my @agent = prepare_agent();

ok(defined(agent('enroll')), 'the device enrols');

my ($fqdn) = agent('status') =~ /^name +(\S+)$/m;
my $srv = "_xmpp-server._tcp.$fqdn";

my $resolver = SrvRegistrar::Unbound->new(
    dir     => directory('unbound'),
    address => $t->{address},
    stubs   => { 'devices.example' => [$t->{address}, $t->{dns_port}] },
    data    => [
        "friend.example. 1 IN A $friend_address",
        "_xmpp-server._tcp.friend.example. 1 IN SRV"
            . " 0 0 $friend_port friend.example.",
    ],
)->start();

my $friend_server = SrvRegistrar::Prosody->new(
    dir      => directory('friend'),
    host     => 'friend.example',
    address  => $friend_address,
    s2s_port => $friend_port,
    resolver => $resolver->endpoint(),
);
$friend_server->register('friend', 'mellon');

my $device_server = SrvRegistrar::Prosody->new(
    dir      => directory('device'),
    host     => $fqdn,
    address  => $device_address,
    s2s_port => DEVICE_PORT,
    resolver => $resolver->endpoint(),
);
$device_server->register('owner', 'sesame');

my ($friend, $owner) = start_servers();


# Both servers run; what is missing is the name.

is($friend->send_to($owner, MESSAGE_TIMEOUT), 'remote-server-not-found',
    'not registered: the friend reaches nobody');
isnt($owner->send_to($friend, MESSAGE_TIMEOUT), 'delivered',
    'not registered: the device cannot prove who it is');

register(3600);
ok(wait_until(sub { published() eq "0 0 15269 $fqdn." }, DNS_TIMEOUT),
    'registered: a resolver finds the port');
is(join(' ', map { $_->address } $resolver->query($fqdn, 'A')->answer),
    $device_address, 'and the address that the request came from');

ok(delivered($friend, $owner), 'registered: the friend reaches the device');
ok(delivered($owner, $friend), 'registered: the device reaches the friend');


# Streams that stand are not the name's: both servers start anew.

register(1);
ok(wait_until(sub { published() eq '' }, DNS_TIMEOUT),
    'the lease runs out: the name is gone');

stop_servers();
($friend, $owner) = start_servers();

ok($device_server->accepts_servers(), 'the device itself is still there');
is($friend->send_to($owner, MESSAGE_TIMEOUT), 'remote-server-not-found',
    'lease out: the friend reaches nobody');
isnt($owner->send_to($friend, MESSAGE_TIMEOUT), 'delivered',
    'lease out: the device cannot prove who it is');

register(3600);
ok(delivered($friend, $owner), 'registered again: reached again');

done_testing();


sub directory
{
    my ($name) = @_;

    my $path = $t->path($name);
    mkdir($path) or die "$path: $!";

    return $path;
}


# The bench has an address of its own in 127/8: two more, as far away.

sub other_address
{
    my ($distance) = @_;

    return $t->{address} =~ s/^127\.(\d+)/'127.' . ($1 - $distance)/er;
}


sub start_servers
{
    $_->start() for $friend_server, $device_server;

    return ($friend_server->login('friend'), $device_server->login('owner'));
}


sub stop_servers
{
    # A server that stops waits for its clients' good-bye.
    undef($_) for $friend, $owner;

    $_->stop() for $friend_server, $device_server;
}


# The device's client is the reference agent.  It speaks from the device's
# own address, which is not the registrar's: curl is told so by its .curlrc.

sub prepare_agent
{
    my ($certificate, $key) = map { $t->path("device.$_") } qw(pem key);

    $t->{certificates}->certificate('device', ca => 'manufacturer');
    $t->write('agent/.curlrc', "interface = $device_address\nnoproxy = *\n");

    return ('sh', SrvRegistrar::ROOT . '/docs/examples/srv-agent',
        '--state', "$agent_home/state",
        '--server', "https://registrar.example:$t->{port}/v1",
        '--connect', "$t->{address}:$t->{port}",
        '--cert', $certificate, '--key', $key,
        '--ca', $t->path('server-ca.pem'));
}


# What it says; undef and a diagnosis if it failed.

sub agent
{
    my (@arguments) = @_;

    local $ENV{HOME} = $agent_home;
    delete local @ENV{qw(CURL_HOME XDG_CONFIG_HOME)};

    my $output = SrvRegistrar::run(@agent, @arguments);

    return $output if $? == 0;

    diag("srv-agent @arguments: $output");

    return undef;
}


sub register
{
    my ($lease) = @_;

    ok(defined(agent('--service', '_xmpp-server._tcp',
                     '--port', DEVICE_PORT, '--lease', $lease, 'register')),
        "registers for $lease s");
}


# The SRV records that the resolver finds, as text.

sub published
{
    return join("\n", map { $_->rdstring }
                      $resolver->query($srv, 'SRV')->answer);
}


# A server may still remember for a second that a name was not there.

sub delivered
{
    my ($from, $to) = @_;

    return wait_until(sub {
        $from->send_to($to, MESSAGE_TIMEOUT) eq 'delivered'
    }, DNS_TIMEOUT);
}
