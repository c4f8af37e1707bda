package SrvRegistrar::Unbound;

# Unbound as a SrvRegistrar::Resolver.  Its world is closed: any name that is
# neither in a stub zone nor given is NXDOMAIN.

use strict;
use warnings;

use parent qw(SrvRegistrar::Resolver);


sub program_name { return 'unbound' }

sub arguments { return ('-d', '-p', '-c', $_[1]) }


# infra-host-ttl: a dnsd that was down a moment ago is asked again at once.
# do-not-query-localhost: dnsd listens on loopback here, which a resolver
# refuses to ask unless told.  outgoing-interface: a socket on every address
# would keep the port that a server of another test is about to bind.

sub configuration
{
    my ($self) = @_;

    my @zones = sort keys %{ $self->{stubs} };

    return join('', <<"EOT", map { "    $_\n" }
server:
    interface: $self->{address}
    port: $self->{port}
    outgoing-interface: $self->{address}
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "$self->{dir}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    log-queries: yes
    num-threads: 1
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    module-config: "iterator"
    do-not-query-localhost: no
    infra-host-ttl: 1
    local-zone: "." static
EOT
        (map { "local-zone: \"$_\" transparent" } @zones),
        (map { "local-data: '$_'" } @{ $self->{data} }),
        @{ $self->{options} })
        . join('', map { $self->stub_zone($_) } @zones);
}


sub stub_zone
{
    my ($self, $zone) = @_;

    my ($address, $port) = @{ $self->{stubs}{$zone} };

    return <<"EOT";
stub-zone:
    name: "$zone"
    stub-addr: $address\@$port
    stub-prime: no
EOT
}


1;
