package Bench::Machine;

# The machine that a benchmark runs on: what kind it is, and which processors
# the server and its client get.

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();

use SrvRegistrar::Process qw(program);

our @EXPORT_OK = qw(describe pinned);


# One line.  Figures hold for one machine only; ratios travel.

sub describe
{
    my ($sysname, undef, $release) = POSIX::uname();
    my $cpuinfo = slurp('/proc/cpuinfo');
    my ($model) = $cpuinfo =~ /^model name\s*: (.*)$/m;
    my $n = () = $cpuinfo =~ /^processor\s*:/mg;
    my ($memory) = slurp('/proc/meminfo') =~ /^MemTotal: +(\d+)/m;
    my ($system) = slurp('/etc/os-release') =~ /^PRETTY_NAME="(.*)"$/m;

    return sprintf('%d x %s%s, %.0f GiB, %s %s, %s', $n,
        $model // 'processor', $cpuinfo =~ /\bhypervisor\b/ ? ' (virtual)' : '',
        ($memory // 0) / 1048576, $sysname, $release, $system // 'not Debian');
}


# The words before a command that keep it on a processor: the server's or the
# client's.  On a machine with one processor both share it.

sub pinned
{
    my ($whose) = @_;

    my @allowed = allowed();
    my $cpu = $whose eq 'server' ? $allowed[0] : $allowed[-1];

    return (program('taskset'), '-c', $cpu);
}


sub allowed
{
    my ($list) = slurp('/proc/self/status') =~ /^Cpus_allowed_list:\s*(\S+)/m;

    return map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split(/,/, $list);
}


sub slurp
{
    my ($path) = @_;

    open(my $file, '<', $path) or return '';
    local $/;

    return scalar(<$file>) // '';
}


1;
