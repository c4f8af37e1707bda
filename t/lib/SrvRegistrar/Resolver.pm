package SrvRegistrar::Resolver;

# A real resolver between a real client and dnsd, in a directory of its own:
# it asks dnsd for the device zones (stubs) and nobody else for anything.
# SrvRegistrar::Unbound and SrvRegistrar::Named know their configurations;
# here is what they share.  Their caches keep their defaults, so that what
# appears and disappears does so by the TTLs that dnsd serves.

use strict;
use warnings;

use Carp qw(croak);
use File::Copy qw(copy);
use Net::DNS;

use SrvRegistrar::Process qw(free_port listens program);

# A resolver itself tries for some time before it says SERVFAIL.
use constant QUERY_TIMEOUT => 10;


# dir      an existing directory for this resolver alone
# address  where it listens
# stubs    { zone => [address, port] }: who is asked for the zone
# data     [ record in presentation format, ... ]: names it answers itself
#          (Unbound only)
# options  [ line, ... ]: more of its configuration's options

sub new
{
    my ($class, %args) = @_;

    my $self = bless {
        options => [],
        stubs   => {},
        data    => [],
        %args,
    }, $class;

    $self->{port} //= free_port($self->{address});

    return $self;
}


# Undefined where all is there, otherwise what is missing.

sub missing
{
    my ($class) = @_;

    my $name = $class->program_name();

    return defined(program($name)) ? undef : "no $name";
}


# As clients' libraries write a resolver that is not on port 53.

sub endpoint
{
    my ($self) = @_;

    return "$self->{address}\@$self->{port}";
}


# The program is copied because Debian's AppArmor profiles confine it, by its
# path, to directories in /etc and /var.

sub start
{
    my ($self) = @_;

    my $name = $self->program_name();
    my $program = "$self->{dir}/$name";

    copy(program($name), $program) or croak("$program: $!");
    chmod(0755, $program);

    $self->write_file('resolver.conf', $self->configuration());

    $self->{process} = SrvRegistrar::Process->start(
        command => [$program, $self->arguments("$self->{dir}/resolver.conf")],
        output  => "$self->{dir}/resolver.log",
        ready   => sub { listens($self->{address}, $self->{port}) },
    );

    return $self;
}


sub stop
{
    my ($self) = @_;

    $self->{process}->stop();
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
        nameservers   => [$self->{address}],
        port          => $self->{port},
        recurse       => 1,
        retry         => 2,
        udp_timeout   => QUERY_TIMEOUT,
        tcp_timeout   => QUERY_TIMEOUT,
        udppacketsize => 1232,
        adflag        => 1,          # "tell me whether you believe it"
    );

    return $self->{client}->send($name, $type)
        // croak("$name $type: " . $self->{client}->errorstring());
}


sub write_file
{
    my ($self, $name, $text) = @_;

    open(my $file, '>', "$self->{dir}/$name") or croak("$name: $!");
    print $file $text;
    close($file) or croak("$name: $!");
}


1;
