package SrvRegistrar::Federation;

# What all this is for: two XMPP servers, one of them on a device, in a world
# with a registrar and a resolver.  The device's client is the reference
# agent; it speaks from an address of its own.  The friend's server has an
# account `friend`, the device's one called `owner`.

use strict;
use warnings;

use Carp qw(croak);

use SrvRegistrar qw(free_port wait_until);
use SrvRegistrar::Prosody;
use SrvRegistrar::Unbound;

# The port that the device's router mapped.
use constant DEVICE_PORT => 15269;

use constant FRIEND => 'friend.example';

# Of a message; the servers themselves give up sooner, with an error.
use constant MESSAGE_TIMEOUT => 20;

use constant ZONE_TEXT => <<'END';
$ORIGIN devices.example.
$TTL 1
@    SOA  ns hostmaster 1 7200 900 1209600 1
     NS   ns
ns   A    192.0.2.53
END

use constant ZONE_BASE => <<'END';
ttl 1s;
lease 1s 2h 1d;
service _xmpp-server._tcp;
allow_address 127.0.0.0/8;
END


# Undefined where all is there, otherwise what is missing.

sub missing
{
    return SrvRegistrar::Prosody->missing()
        // SrvRegistrar::Unbound->missing();
}


# A registrar and dnsd, and a device that has enrolled.  bench: what
# SrvRegistrar takes besides.

sub new
{
    my ($class, %bench) = @_;

    my $t = SrvRegistrar->new(zone_text => ZONE_TEXT, %bench);
    my $self = bless { t => $t }, $class;

    $t->configure(zone_base => ZONE_BASE);
    $t->start(dnsd => 1);

    ($self->{device_address}, $self->{friend_address})
        = map { $self->other_address($_) } 64, 128;
    $self->{friend_port} = free_port($self->{friend_address});

    # curl is told the device's address by its .curlrc
    $self->directory('agent');
    $t->write('agent/.curlrc',
        "interface = $self->{device_address}\nnoproxy = *\n");
    $t->{certificates}->certificate('device', ca => 'manufacturer');

    $self->agent('--server', "https://registrar.example:$t->{port}/v1",
        '--connect', "$t->{address}:$t->{port}",
        '--cert', $t->path('device.pem'), '--key', $t->path('device.key'),
        '--ca', $t->path('server-ca.pem'), 'enroll')
        // croak('the device cannot enrol');

    ($self->{fqdn}) = $self->agent('status') =~ /^name +(\S+)$/m;
    $self->{resolver} = $self->start_resolver();

    return $self;
}


# The bench has an address of its own in 127/8: two more, as far away.

sub other_address
{
    my ($self, $distance) = @_;

    return $self->{t}{address}
        =~ s/^127\.(\d+)/'127.' . ($1 - $distance)/er;
}


# One below the test's own; it may be there already.

sub directory
{
    my ($self, $name) = @_;

    my $path = $self->{t}->path($name);

    mkdir($path) or $!{EEXIST} or croak("$path: $!");

    return $path;
}


sub start_resolver
{
    my ($self) = @_;

    my $t = $self->{t};

    return SrvRegistrar::Unbound->new(
        dir     => $self->directory('unbound'),
        address => $t->{address},
        stubs   => { 'devices.example' => [$t->{address}, $t->{dns_port}] },
        data    => [
            FRIEND . ". 1 IN A $self->{friend_address}",
            '_xmpp-server._tcp.' . FRIEND . '. 1 IN SRV'
                . " 0 0 $self->{friend_port} " . FRIEND . '.',
        ],
    )->start();
}


# What it says; undef and a diagnosis if it failed.

sub agent
{
    my ($self, @arguments) = @_;

    my $home = $self->{t}->path('agent');

    local $ENV{HOME} = $home;
    delete local @ENV{qw(CURL_HOME XDG_CONFIG_HOME)};

    my $output = SrvRegistrar::run('sh',
        SrvRegistrar::ROOT . '/docs/examples/srv-agent',
        '--state', "$home/state", @arguments);

    return $output if $? == 0;

    Test::More::diag("srv-agent @arguments: $output");

    return undef;
}


# The XMPP port, with further options of the agent's; true if it went well.

sub register
{
    my ($self, @arguments) = @_;

    return defined($self->agent('--service', '_xmpp-server._tcp',
        '--port', DEVICE_PORT, @arguments, 'register'));
}


# What the resolver finds, as text.

sub found
{
    my ($self, $name, $type) = @_;

    return join("\n", map { $_->rdstring }
        $self->{resolver}->query($name, $type)->answer);
}


# Configures both servers, with further arguments of SrvRegistrar::Prosody's.

sub make_servers
{
    my ($self, %prosody) = @_;

    $self->{friend_server} = SrvRegistrar::Prosody->new(
        dir      => $self->directory('friend'),
        host     => FRIEND,
        address  => $self->{friend_address},
        s2s_port => $self->{friend_port},
        resolver => $self->{resolver}->endpoint(),
        %prosody,
    );
    $self->{friend_server}->register('friend', 'mellon');

    $self->{device_server} = SrvRegistrar::Prosody->new(
        dir      => $self->directory('device'),
        host     => $self->{fqdn},
        address  => $self->{device_address},
        s2s_port => DEVICE_PORT,
        resolver => $self->{resolver}->endpoint(),
        %prosody,
    );
    $self->{device_server}->register('owner', 'sesame');
}


# Streams that stand are not the name's: to see what a change of DNS does,
# both servers start anew.

sub start_servers
{
    my ($self) = @_;

    $self->stop_servers() if $self->{friend};

    $_->start() for @$self{qw(friend_server device_server)};

    $self->{friend} = $self->{friend_server}->login('friend');
    $self->{owner} = $self->{device_server}->login('owner');
}


sub stop_servers
{
    my ($self) = @_;

    # A server that stops waits for its clients' good-bye.
    delete(@$self{qw(friend owner)});

    $_->stop() for @$self{qw(friend_server device_server)};
}


# What becomes of a message from one ("friend", "owner") to the other.

sub message
{
    my ($self, $from, $to) = @_;

    return $self->{$from}->send_to($self->{$to}, MESSAGE_TIMEOUT);
}


# A server may still remember for a second that a name was not there.

sub delivered
{
    my ($self, $from, $to) = @_;

    return wait_until(sub { $self->message($from, $to) eq 'delivered' });
}


1;
