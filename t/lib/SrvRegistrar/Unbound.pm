package SrvRegistrar::Unbound;

# A real resolver between a real client and dnsd: Unbound in a directory of
# its own, which asks dnsd for the device zones (stub zones) and knows the
# rest of the test's world itself.  Its world is closed: any other name is
# NXDOMAIN, so no test ever asks the internet.

use strict;
use warnings;

use Carp qw(croak);
use File::Copy qw(copy);
use Net::DNS;

use SrvRegistrar::Process qw(free_port listens program);


# dir      an existing directory for this resolver alone
# stubs    { zone => "address@port" }: who is asked for the zone
# data     [ record in presentation format, ... ]: names it answers itself
# options  [ "name: value", ... ]: more lines for the server clause
# address  where it listens, 127.0.0.1 if not given

sub new
{
    my ($class, %args) = @_;

    my $self = bless {
        address => '127.0.0.1',
        options => [],
        stubs   => {},
        data    => [],
        %args,
    }, $class;

    $self->{port} //= free_port($self->{address});
    $self->write_configuration();

    return $self;
}


sub available
{
    return defined(program('unbound'));
}


# As the libraries of clients write a resolver that is not on port 53.

sub endpoint
{
    my ($self) = @_;

    return "$self->{address}\@$self->{port}";
}


# The program is copied because Debian's AppArmor profile confines
# /usr/sbin/unbound, by its path, to /etc/unbound and /var/lib/unbound.

sub start
{
    my ($self) = @_;

    my $program = "$self->{dir}/unbound";

    copy(program('unbound'), $program) or croak("$program: $!");
    chmod(0755, $program);

    $self->{process} = SrvRegistrar::Process->start(
        command => [$program, '-d', '-p', '-c', "$self->{dir}/unbound.conf"],
        output  => "$self->{dir}/unbound.log",
        ready   => sub { listens($self->{address}, $self->{port}) },
    );

    return $self;
}


sub stop
{
    my ($self) = @_;

    $self->{process}->stop();
}


sub restart
{
    my ($self) = @_;

    $self->stop();

    return $self->start();
}


sub log
{
    my ($self) = @_;

    return $self->{process}->output();
}


# The reply as Net::DNS has it; dies if none comes.

sub query
{
    my ($self, $name, $type) = @_;

    $self->{client} //= Net::DNS::Resolver->new(
        nameservers => [$self->{address}],
        port        => $self->{port},
        recurse     => 1,
        defnames    => 0,
        dnsrch      => 0,
        udp_timeout => 10,
        retry       => 2,
        udppacketsize => 1232,
    );

    return $self->{client}->send($name, $type)
        // croak("$name $type: " . $self->{client}->errorstring());
}


# infra-host-ttl: a dnsd that was down a moment ago is asked again at once.
# do-not-query-localhost: dnsd listens on loopback here, which a resolver
# refuses to ask unless told.  The caches keep their defaults, so that what
# appears and disappears does so by the TTLs that dnsd serves.

sub write_configuration
{
    my ($self) = @_;

    my $path = "$self->{dir}/unbound.conf";
    open(my $file, '>', $path) or croak("$path: $!");

    print $file <<"EOT", $self->static_names(), $self->stub_zones();
server:
    interface: $self->{address}
    port: $self->{port}
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "$self->{dir}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    log-queries: yes
    verbosity: 1
    num-threads: 1
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    module-config: "iterator"
    do-not-query-localhost: no
    infra-host-ttl: 1
    local-zone: "." static
EOT
    close($file) or croak("$path: $!");
}


sub static_names
{
    my ($self) = @_;

    return (map({ "    $_\n" } @{ $self->{options} }),
            map({ "    local-zone: \"$_\" transparent\n" }
                sort keys %{ $self->{stubs} }),
            map({ "    local-data: '$_'\n" } @{ $self->{data} }));
}


sub stub_zones
{
    my ($self) = @_;

    return map { <<"EOT" } sort keys %{ $self->{stubs} };
stub-zone:
    name: "$_"
    stub-addr: $self->{stubs}{$_}
    stub-prime: no
EOT
}


1;
