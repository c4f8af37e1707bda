package Bench::DnsXdp;

# Servers at the other end of veth pairs, for AF_XDP: specs as those of
# Bench::DnsServers.  Each has a pair of its own, because an XDP program is an
# interface's; a second row without it says what the same way costs with
# sockets.
#
# The caller is in a network namespace of its own, the client's.  The servers'
# namespace lives as long as a process of ours holds it.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);

use Bench::DnsServers;
use SrvRegistrar::Process qw(program wait_until);

our @EXPORT_OK = qw(xdp_servers);

use constant PORT => 5300;
use constant WAIT => 10;                 # s, for a namespace


sub xdp_servers
{
    my @rows = (
        ['dnsd --xdp',   'dnsd',    1, \&dnsd],
        ['dnsd',         'dnsd',    0, \&dnsd],
        ['knot xdp',     'knotd',   1, \&knot],
        ['knot',         'knotd',   0, \&knot],
        ['reflector',    'reflect', 0, sub {
            Bench::DnsServers::reflector(64, dropped_xdp(@_)) }],
    );

    my ($holder, $pipe) = hold_namespace();
    my @prefix = (program('nsenter'), "--net=/proc/$holder/ns/net");
    my @specs;

    command(@prefix, qw(ip link set lo up));

    for my $i (0 .. $#rows) {
        my ($name, $program, $xdp, $command) = @{ $rows[$i] };

        push(@specs, {
            name    => $name,
            program => $program eq 'knotd' ? $program : undef,
            ours    => $program ne 'knotd',
            echo    => $program eq 'reflect',
            address => "10.99.$i.1",
            port    => PORT,
            prefix  => \@prefix,
            command => sub { $command->(@_, xdp => $xdp ? "srv$i" : undef) },
            held    => $pipe,
        });

        connect_pair($i, $holder, @prefix);
    }

    return @specs;
}


# It ends with the pipe.

sub hold_namespace
{
    my $pid = open(my $pipe, '|-', program('unshare'), '--net', 'cat')
        // croak("unshare: $!");

    wait_until(sub {
        (readlink("/proc/$pid/ns/net") // '') ne readlink('/proc/self/ns/net')
    }, WAIT) or croak('no network namespace');

    return ($pid, $pipe);
}


sub connect_pair
{
    my ($i, $holder, @there) = @_;

    command(qw(ip link add), "client$i", qw(type veth peer name), "srv$i",
        'netns', $holder);
    command(qw(ip addr add), "10.99.$i.2/24", 'dev', "client$i");
    command(qw(ip link set), "client$i", 'up');
    command(@there, qw(ip addr add), "10.99.$i.1/24", 'dev', "srv$i");
    command(@there, qw(ip link set), "srv$i", 'up');
}


sub command
{
    system(@_) == 0 or croak("@_ failed: $?");
}


sub dnsd
{
    my (%args) = @_;

    return (Bench::DnsServers::dnsd(0, %args),
        $args{xdp} ? ('--xdp', $args{xdp}) : ());
}


# Its sockets get another port: it would complain about the one that its XDP
# listens on.

sub knot
{
    my (%args) = @_;

    return Bench::DnsServers::knot(%args) if !$args{xdp};

    my @command = Bench::DnsServers::knot(%args, port => PORT + 1);

    open(my $file, '>>', "$args{dir}/knot.conf") or croak("knot.conf: $!");
    print $file "xdp:\n    listen: $args{xdp}\@@{[PORT]}\n";
    close($file) or croak("knot.conf: $!");

    return @command;
}


sub dropped_xdp
{
    my (%args) = @_;

    delete $args{xdp};

    return %args;
}


1;
