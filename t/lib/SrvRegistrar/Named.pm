package SrvRegistrar::Named;

# BIND as a SrvRegistrar::Resolver: the resolver that sends EDNS cookies.

use strict;
use warnings;

use Carp qw(croak);

use parent qw(SrvRegistrar::Resolver);


# BIND listens on the addresses that interfaces have: of 127/8 that is one.

sub new
{
    my ($class, %args) = @_;

    return $class->SUPER::new(%args, address => '127.0.0.1');
}


sub program_name { return 'named' }

sub arguments { return ('-g', '-c', $_[1]) }


# BIND cannot be told the port of one server; the option `port` is that of
# every server it asks (and where it listens, unless listen-on says it).
# The root zone is ours too, so that it never asks the internet.

sub configuration
{
    my ($self) = @_;

    my %ports = map { $_->[1] => 1 } values %{ $self->{stubs} };
    my ($port, @others) = keys %ports;

    croak('BIND asks one port only') if @others;

    return join('', <<"EOT", map { $self->stub_zone($_) }
options {
    port $port;
    listen-on port $self->{port} { $self->{address}; };
    listen-on-v6 { none; };
    query-source address $self->{address};
    directory "$self->{dir}";
    pid-file none;
    session-keyfile "$self->{dir}/session.key";
    managed-keys-directory "$self->{dir}";
    recursion yes;
    max-cache-size 16m;
    dnssec-validation no;
    empty-zones-enable no;
    @{ $self->{options} }
};
controls { };
zone "." {
    type static-stub;
    server-addresses { 127.0.0.1; };
};
EOT
        sort keys %{ $self->{stubs} });
}


sub stub_zone
{
    my ($self, $zone) = @_;

    return <<"EOT";
zone "$zone" {
    type static-stub;
    server-addresses { $self->{stubs}{$zone}[0]; };
};
EOT
}


1;
