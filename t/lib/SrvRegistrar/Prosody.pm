package SrvRegistrar::Prosody;

# A real XMPP server: Debian's Prosody for one host, in a directory of its
# own, on loopback.  It finds other servers through the resolver given and
# through nothing else; server-to-server streams are encrypted (self-signed)
# and proved by dialback, so that both servers have to find each other by
# name for a message in either direction.

use strict;
use warnings;

use Carp qw(croak);

use SrvRegistrar::Process qw(free_port listens program);
use SrvRegistrar::XmppClient;

# Where Debian's lua-unbound installs; without it Prosody has a resolver of
# its own that knows port 53 only.
use constant LUNBOUND => glob('/usr/lib/*/lua/5.4/lunbound.so') // '';


# dir       an existing directory for this server alone
# host      the domain of its JIDs
# resolver  "address@port"
# address   where it listens, 127.0.0.1 if not given
# anchor    a file with a DNSKEY: names at and below it are validated
# ca        a file: whose certificates it believes, with an anchor

sub new
{
    my ($class, %args) = @_;

    my $self = bless { address => '127.0.0.1', %args }, $class;

    $self->{c2s_port} //= free_port($self->{address});
    $self->{s2s_port} //= free_port($self->{address});

    mkdir("$self->{dir}/$_") for qw(certs data);
    $self->write_certificate();
    $self->write_configuration();

    return $self;
}


# Undefined where all is there, otherwise what is missing.

sub missing
{
    return 'no prosody' if !program('prosody') || !program('prosodyctl');
    return 'no lua-unbound' if LUNBOUND eq '';
    return 'no openssl' if !program('openssl');
    return;
}


sub start
{
    my ($self) = @_;

    $self->{process} = SrvRegistrar::Process->start(
        command => [program('prosody'), '-F', '--config', $self->config()],
        output  => "$self->{dir}/output",
        ready   => sub { $self->accepts_servers()
                         && listens($self->{address}, $self->{c2s_port}) },
    );

    return $self;
}


sub stop
{
    my ($self) = @_;

    $self->{process}->stop();
}


sub accepts_servers
{
    my ($self) = @_;

    return listens($self->{address}, $self->{s2s_port});
}


sub log
{
    my ($self) = @_;

    open(my $file, '<', "$self->{dir}/log") or return '';
    local $/;

    return scalar(<$file>);
}


# An account, to be made before the start.

sub register
{
    my ($self, $user, $password) = @_;

    open(my $pipe, '-|', program('prosodyctl'), '--config', $self->config(),
         'register', $user, $self->{host}, $password)
        or croak("prosodyctl: $!");
    my $said = join('', <$pipe>);
    close($pipe) or croak("prosodyctl register failed: $said");

    $self->{password}{$user} = $password;
}


# A client of that account, online.

sub login
{
    my ($self, $user) = @_;

    return SrvRegistrar::XmppClient->new(
        address  => $self->{address},
        port     => $self->{c2s_port},
        host     => $self->{host},
        user     => $user,
        password => $self->{password}{$user},
    );
}


sub config
{
    my ($self) = @_;

    return "$self->{dir}/prosody.cfg.lua";
}


# Prosody takes certs/<host>.crt and .key without being told.

sub write_certificate
{
    my ($self) = @_;

    my $certs = "$self->{dir}/certs/$self->{host}";

    return if -e "$certs.crt";

    # The subject's CN ends at 64 characters, a name under a device may not.
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
           . " -nodes -days 2 -subj /CN=prosody"
           . " -addext 'subjectAltName=DNS:$self->{host}'"
           . " -keyout '$certs.key' -out '$certs.crt' 2>/dev/null") == 0
        or croak("openssl made no certificate for $self->{host}");
}


# s2s_timeout: who cannot find the name that a stream claims to come from
# leaves that stream unproved and says nothing; its sender gives up after
# this many seconds and returns the message (90 by default).
# do-not-query-localhost: the test's resolver is on loopback.

sub write_configuration
{
    my ($self) = @_;

    my $proof = defined($self->{anchor}) ? $self->certificates_alone()
                                         : $self->dialback();

    open(my $file, '>', $self->config()) or croak($self->config() . ": $!");

    print $file <<"EOT";
run_as_root = true
daemonize = false
pidfile = "$self->{dir}/pid"
data_path = "$self->{dir}/data"
certificates = "$self->{dir}/certs"
log = {
    { levels = { min = "debug" }, to = "file", filename = "$self->{dir}/log" }
}
authentication = "internal_hashed"

interfaces = { "$self->{address}" }
use_ipv6 = false
c2s_ports = { $self->{c2s_port} }
s2s_ports = { $self->{s2s_port} }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
s2s_require_encryption = true
s2s_timeout = 5

$proof->{configuration}
unbound = {
    resolvconf = false,
    hoststxt = false,
    forward = "$self->{resolver}",
    $proof->{trusted}
    options = {
        ["do-not-query-localhost:"] = "no",
        $proof->{options}
    },
}

VirtualHost "$self->{host}"
EOT
    close($file) or croak($self->config() . ": $!");
}


# The test's closed world has no signed root to validate from.

sub dialback
{
    return {
        configuration => <<'EOT',
modules_enabled = { "saslauth", "tls", "dialback" }
s2s_secure_auth = false
EOT
        trusted => '',
        options => '["module-config:"] = "iterator",',
    };
}


# bidi: a device's own certificate is believed where others connect to it, and
# what it has to say to them goes over the same stream (XEP-0288).

sub certificates_alone
{
    my ($self) = @_;

    return {
        configuration => <<"EOT",
modules_enabled = { "saslauth", "tls", "s2s_bidi" }
s2s_secure_auth = true
use_dane = true
ssl = { cafile = "$self->{ca}" }
EOT
        trusted => qq(trustfile = "$self->{anchor}",),
        options => '["module-config:"] = "validator iterator",',
    };
}


1;
