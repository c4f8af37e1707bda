package SrvRegistrar::Pebble;

# Pebble, Let's Encrypt's small ACME server for tests, in a directory of its
# own.  It validates for real: it asks a resolver for the challenge.

use strict;
use warnings;

use JSON::PP ();

use SrvRegistrar::Process qw(free_port listens program);


# dir           an existing directory for this server alone
# address       where it listens
# certificates  a SrvRegistrar::Certificates with the CA "server-ca"
# resolver      "address:port" of whom it asks

sub new
{
    my ($class, %args) = @_;

    return bless { port => free_port($args{address}), %args }, $class;
}


# Undefined where all is there, otherwise what is missing.

sub missing
{
    return defined(program('pebble')) ? undef : 'no pebble';
}


sub directory_url { return "https://$_[0]{address}:$_[0]{port}/dir" }


# It sleeps before it validates and refuses some nonces and reuses some
# authorizations at random, unless told; the last would leave a renewal with
# nothing to prove.

sub start
{
    my ($self) = @_;

    $self->write_configuration();

    local $ENV{PEBBLE_VA_NOSLEEP} = 1;
    local $ENV{PEBBLE_WFE_NONCEREJECT} = 0;
    local $ENV{PEBBLE_AUTHZREUSE} = 0;

    $self->{process} = SrvRegistrar::Process->start(
        command => [program('pebble'), '-strict', '-config',
                    "$self->{dir}/pebble.json", '-dnsserver',
                    $self->{resolver}],
        output  => "$self->{dir}/pebble.log",
        ready   => sub { listens($self->{address}, $self->{port}) },
    );

    return $self;
}


sub write_configuration
{
    my ($self) = @_;

    my $certs = $self->{certificates};
    my $management = free_port($self->{address});

    $certs->certificate('pebble', ca => 'server-ca',
        ext => ["subjectAltName=IP:$self->{address}"]);

    open(my $file, '>', "$self->{dir}/pebble.json") or die($!);
    print $file JSON::PP::encode_json({ pebble => {
        listenAddress           => "$self->{address}:$self->{port}",
        managementListenAddress => "$self->{address}:$management",
        certificate             => $certs->pem('pebble'),
        privateKey              => $certs->key('pebble'),
        httpPort                => 5002,
        tlsPort                 => 5001,
        ocspResponderURL        => '',
    } });
    close($file) or die($!);
}


sub log { return $_[0]{process}->output() }


1;
