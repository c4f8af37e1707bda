package Bench::Machine;

# The machine that a benchmark runs on: what kind it is, and which processors
# the server and its client get.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);
use POSIX ();

use SrvRegistrar::Process qw(program);

our @EXPORT_OK = qw(describe pinned prefer prefer_thread processor);


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

    return (program('taskset'), '-c', processor($whose));
}


sub processor
{
    my ($whose) = @_;

    my @allowed = allowed();

    return $whose eq 'server' ? $allowed[0] : $allowed[-1];
}


# Puts processes, all their threads included, before everybody else on the
# machine, 2 before 1, and back again with 0.  Not while they only start: ten
# seconds of that would be felt.

sub prefer
{
    my ($priority, @processes) = @_;

    for my $process (@processes) {
        chrt($priority, $process, '-a');
    }
}


# The same of a process's first thread alone.

sub prefer_thread { chrt($_[0], $_[1]) }


# chrt takes no notice of an option behind the priority.

sub chrt
{
    my ($priority, $whom, @options) = @_;

    system(program('chrt'), $priority ? ('-r') : ('-o'), @options, '-p',
        $priority, $whom) == 0 or croak("chrt: $?");
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
