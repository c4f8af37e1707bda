package SrvRegistrar::Nsd;

# NSD with one zone, one process and no limit to its answers.
#
#   my @command = nsd_command(
#       dir => $dir, address => '127.0.0.1', port => 5353,
#       zone => 'devices.example', file => 'peers.zone',
#       options => ['ipv4-edns-size: 4096']);

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);

use SrvRegistrar::Process qw(program);

our @EXPORT_OK = qw(nsd_command);


# Writes nsd.conf into dir, where the zone's file lies too unless its path is
# absolute, and returns the command: in the foreground, for
# SrvRegistrar::Process.  options are lines of its section "server".

sub nsd_command
{
    my (%args) = @_;

    my $conf = "$args{dir}/nsd.conf";
    my $options = join('', map { "    $_\n" } @{ $args{options} // [] });

    open(my $file, '>', $conf) or croak("$conf: $!");
    print $file <<"END";
server:
    ip-address: $args{address}\@$args{port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "$args{dir}"
    database: ""
    pidfile: "$args{dir}/nsd.pid"
    xfrdfile: "$args{dir}/nsd.xfrd"
    zonelistfile: "$args{dir}/nsd.list"
    xfrdir: "$args{dir}"
    rrl-ratelimit: 0
${options}remote-control:
    control-enable: no
zone:
    name: $args{zone}
    zonefile: "$args{file}"
END
    close($file) or croak("$conf: $!");

    return (program('nsd'), '-d', '-c', $conf);
}


1;
