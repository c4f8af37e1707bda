package Bench::Profile;

# Where a server's time goes: perf's samples while it is loaded, by system
# call, library and, of our own code, layer (a symbol's prefix says which).
#
# Of a clock, since virtual machines rarely have counters: in stretches of the
# kernel without interrupts it ticks at the end only.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);
use File::Basename qw(basename);

use Bench::Table qw(table);
use SrvRegistrar::Process qw(program);

our @EXPORT_OK = qw(profile);

use constant FREQUENCY => 5000;            # a second
use constant SYMBOLS   => 20;              # so many are named,
use constant SHARE_MIN => 0.001;           # which have this share at least


# pid      what is looked at
# program  its file's name
# file     for perf's data
# command  that loads it, for as long as it runs
# cpu      microseconds for an answer, to share out

sub profile
{
    my (%args) = @_;

    system(program('perf'), 'record', '-q', '-g', '-e', 'cpu-clock', '-F',
        FREQUENCY, '-p', $args{pid}, '-o', $args{file}, '--',
        'sh', '-c', '"$@" >/dev/null', 'sh', @{ $args{command} }) == 0
        or croak("perf record: $?");

    open(my $pipe, '-|', program('perf'), 'script', '-i', $args{file}, '-F',
        'ip,sym,dso') or croak("perf script: $!");

    my ($n, %where, %symbols) = (0);
    local $/ = '';

    while (my $sample = <$pipe>) {
        my ($symbol, $object) = $sample =~ /^\s*[0-9a-f]+ (.+) \((.*)\)$/m
            or next;
        my ($call) = $sample =~ /__x64_sys_(\w+)/;
        my $inner = basename($object);

        $n++;

        if ($object =~ /kernel/) {
            $where{ 'kernel: ' . ($call // 'faults, interrupts') }++;
            next;
        }

        my ($layer) = $inner eq $args{program} ? $symbol =~ /^([a-z0-9]+)/ : ();

        $where{ $inner . ($layer ? ": $layer" : '') }++;
        $symbols{"$inner: $symbol"}++ if $symbol ne '[unknown]';
    }

    $n or croak('perf has no samples');

    return shares('where', $args{cpu}, $n, \%where) . "\n"
        . shares('outside of the kernel', $args{cpu}, $n, \%symbols);
}


sub shares
{
    my ($head, $cpu, $n, $counts) = @_;

    my @names = sort { $counts->{$b} <=> $counts->{$a} || $a cmp $b }
        grep { $counts->{$_} >= SHARE_MIN * $n } keys(%$counts);

    splice(@names, SYMBOLS) if @names > SYMBOLS;

    return table([$head, '%', 'us'], map {
        [$_, sprintf('%.1f', 100 * $counts->{$_} / $n),
         sprintf('%.2f', $cpu * $counts->{$_} / $n)]
    } @names);
}


1;
