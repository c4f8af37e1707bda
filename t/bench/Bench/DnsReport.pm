package Bench::DnsReport;

# What was measured, as tables, and beside what was aimed at.

use strict;
use warnings;

use List::Util qw(min);

use Bench::Table qw(median quartiles ratio table thousands);

# What is compared, the limit that must not be exceeded, and where the values
# are in reports by fleet: one, or one of each turn.
use constant MILLION => 1_000_000;
use constant TARGETS => (
    { text => 'CPU of nsd, 1,000,000', limit => 0.65,
      value => sub { against($_[0], MILLION, 'nsd') } },
    { text => 'CPU of gdnsd, 1,000,000', limit => 1.0,
      value => sub { against($_[0], MILLION, 'gdnsd') } },
    { text => 'CPU of the reflector, 1,000,000', limit => 1.25,
      value => sub { against($_[0], MILLION, 'reflector x64') } },
    { text => 'CPU of gdnsd, 10,000', limit => 1.1,
      value => sub { against($_[0], 10_000, 'gdnsd') } },
    { text => 'CPU at 10,000,000 of that at 1,000,000', limit => 1.2,
      value => sub { against($_[0], 10 * MILLION, 'dnsd, 1,000,000') } },
    { text => 'ms to the first answer, 10,000,000', limit => 50,
      value => sub { row($_[0], 10 * MILLION, 'dnsd')->{first_ms} } },
    { text => 'MiB without the map, 10,000,000', limit => 20,
      value => sub { row($_[0], 10 * MILLION, 'dnsd')->{own} } },
    (map { my $devices = $_; (
        { text => 'signed: CPU with DO of that without, ' . thousands($devices),
          limit => 1.25,
          value => sub { signed($_[0], $devices, 'dnsd without DO') } },
        { text => 'signed: CPU of knot, ' . thousands($devices), limit => 1.0,
          value => sub { signed($_[0], $devices, 'knot') } },
    ) } 10_000, MILLION),
);


sub tables
{
    return join('', map { answering($_), surroundings($_), profiles($_) } @_);
}


sub answering
{
    my ($report) = @_;

    my @rows = map {
        my $row = $_;

        [ $row->{name}, thousands(sprintf('%.0f', middle($row, 'full', 'qps'))),
          (map { sprintf('%.2f', middle($row, 'full', $_)) }
              qw(cpu user system)),
          (map { compared($report, $row, $_) } 'nsd', 'gdnsd',
              'reflector x64'),
          sprintf('%.2f', middle($row, 'single', 'cpu')),
          sprintf('%.0f', middle($row, 'full', 'bytes')), added($row) ]
    } @{ $report->{rows} };

    return sprintf("%s devices, CPU in microseconds for an answer\n\n",
        thousands($report->{devices})) . table(['server', 'QPS', 'CPU', 'user',
        'system', '/ nsd', '/ gdnsd', '/ reflector', 'one by one', 'bytes',
        'address'], @rows) . "\n";
}


sub surroundings
{
    my ($report) = @_;

    my @rows = map {
        my $row = $_;

        [ $row->{name}, (map { sprintf('%.0f', middle($row, 'latency', $_)) }
              qw(p50_us p99_us p999_us)),
          sprintf('%.1f', 100 * middle($row, 'latency', 'lost')),
          map { defined($_) ? thousands(sprintf('%.*f', $_ < 100, $_)) : undef }
              @{$row}{qw(first_ms rss own)} ]
    } @{ $report->{rows} };

    return sprintf("%s devices, latency in microseconds at %s queries a "
        . "second\n\n", map { thousands($_) } @{$report}{qw(devices rate)})
        . table(['server', 'p50', 'p99', 'p99.9', 'lost, %', 'first answer, ms',
        'RSS, MiB', 'without maps, MiB'], @rows) . "\n";
}


sub profiles
{
    my ($report) = @_;

    return join('', map {
        sprintf("%s devices, where the time of %s goes\n\n%s\n",
            thousands($report->{devices}), $_->{name}, $_->{profile})
    } grep { $_->{profile} } @{ $report->{rows} });
}


# The table of targets; those that this run did not measure are left out.

sub targets
{
    my (@reports) = @_;

    my %reports = map { $_->{devices} => $_ } @reports;
    my @rows;

    for my $target (TARGETS) {
        my @values = grep { defined } $target->{value}->(\%reports) or next;
        my $value = median(@values);

        push(@rows, [$target->{text}, sprintf('%.2f', $value),
            sprintf('%.2f to %.2f', quartiles(@values)), $target->{limit},
            $value <= $target->{limit} ? 'met' : 'missed']);
    }

    return @rows ? table(['dnsd', 'measured', 'half of the runs', 'target', ''],
        @rows) : '';
}


# Everything that every run found, for other eyes: fleet, server, kind of run,
# number of the run, figure, value.

sub raw
{
    my $text = '';

    for my $report (@_) {
        for my $row (@{ $report->{rows} }) {
            for my $kind (qw(full single latency)) {
                for my $i (0 .. $#{ $row->{$kind} }) {
                    my $found = $row->{$kind}[$i];

                    $text .= join("\t", $report->{devices}, $row->{name},
                        $kind, $i, $_, $found->{$_}) . "\n"
                        for sort(keys(%$found));
                }
            }
        }
    }

    return $text;
}


sub row
{
    my ($reports, $devices, $name) = @_;

    my ($row) = grep { $_->{name} eq $name }
        @{ ($reports->{$devices} // {})->{rows} // [] };

    return $row // {};
}


sub against
{
    my ($reports, $devices, $name) = @_;

    return beside(row($reports, $devices, 'dnsd'),
        row($reports, $devices, $name));
}


# Where the zone was signed.

sub signed
{
    my ($reports, $devices, $name) = @_;

    return row($reports, $devices, 'dnsd without DO')->{name}
        ? against($reports, $devices, $name) : ();
}


# What a machine does besides changes from one second to the next, and servers
# take turns: each run is held against the other's of the same turn.

sub beside
{
    my ($row, $other) = @_;

    my ($a, $b) = map { $_->{full} // [] } $row, $other;

    return map { ratio($a->[$_]{cpu}, $b->[$_]{cpu}) } 0 .. min($#$a, $#$b);
}


sub middle
{
    my ($row, $kind, $figure) = @_;

    return median(map { $_->{$figure} } @{ $row->{$kind} // [] });
}


sub compared
{
    my ($report, $row, $name) = @_;

    my ($other) = grep { $_->{name} eq $name } @{ $report->{rows} };
    my $ratio = $other && median(beside($row, $other));

    return defined($ratio) ? sprintf('%.2f', $ratio) : undef;
}


# Whether SRV answers carried the target's address.

sub added
{
    my ($row) = @_;

    return undef if $row->{echo};

    return middle($row, 'full', 'added') == middle($row, 'full', 'srv')
        ? 'yes' : 'no';
}


1;
