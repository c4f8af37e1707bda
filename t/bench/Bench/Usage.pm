package Bench::Usage;

# What a server takes of the machine: its process, its children and all their
# threads, from /proc.

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(sum0);
use POSIX ();

our @EXPORT_OK = qw(cpu memory);


# Time on a processor so far: { total, user, system } in seconds.  The
# scheduler's own account is exact to the nanosecond; how it divides into user
# and system time is known in ticks only, so these are shares of the total.

sub cpu
{
    my ($pid) = @_;

    my ($total, $user, $system) = (0, 0, 0);

    for my $process (processes($pid)) {
        $total += sum0(map { (split(/ /, slurp($_)))[0] // 0 }
            glob("/proc/$process/task/*/schedstat"));

        # the name, in parentheses, may hold blanks
        my @stat = split(/ /, slurp("/proc/$process/stat") =~ s/.*\) //rs);

        $user += $stat[11] // 0;
        $system += $stat[12] // 0;
    }

    return { total => $total / 1e9, user => $user, system => $system };
}


# What two of these accounts differ by, user and system time in seconds, too.

sub difference
{
    my ($before, $after) = @_;

    my ($user, $system) = map { $after->{$_} - $before->{$_} } qw(user system);
    my $total = $after->{total} - $before->{total};
    my $share = $user + $system ? $user / ($user + $system) : 0;

    return { total => $total, user => $total * $share,
             system => $total * (1 - $share) };
}


# Seconds that a processor was not idle, whoever kept it from that: the server,
# or the kernel on its behalf.

sub processor
{
    my ($n) = @_;

    my @ticks = slurp('/proc/stat') =~ /^cpu$n (.*)$/m ? split(/ /, $1) : ();

    # idle and waiting for a disk; stolen and guests' time is nobody's here

    return sum0(@ticks[0 .. 2, 5, 6]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}


# { rss, own } in MiB.  Pages that the processes of one server share count
# once.  `own` leaves out the maps of files below $data, which other processes
# have, too, and which the kernel takes back when it needs the memory.

sub memory
{
    my ($pid, $data) = @_;

    my @processes = processes($pid);
    my $field = @processes > 1 ? 'Pss' : 'Rss';
    my ($rss, $shared) = (0, 0);

    for my $process (@processes) {
        my $mapped;

        for my $line (split(/\n/, slurp("/proc/$process/smaps"))) {
            if ($line =~ /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)/) {
                $mapped = $1;

            } elsif ($line =~ /^$field: +(\d+) kB/) {
                $rss += $1;
                $shared += $1 if index($mapped, $data) == 0;
            }
        }
    }

    return { rss => $rss / 1024, own => ($rss - $shared) / 1024 };
}


# Of a fork in between there may be nothing left to read.

sub processes
{
    my ($pid) = @_;

    return ($pid, map { processes($_) } map { split(/ /, slurp($_)) }
        glob("/proc/$pid/task/*/children"));
}


sub slurp
{
    my ($path) = @_;

    open(my $file, '<', $path) or return '';
    local $/;

    return scalar(<$file>) // '';
}


1;
