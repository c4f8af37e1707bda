package Bench::RegistrarReport;

# What was measured of the registrar, as tables, and beside what was aimed at.

use strict;
use warnings;

use Bench::RegistrarRuns ();
use Bench::Table qw(median quartiles ratio table thousands);

use constant MILLION => 1_000_000;

# What is compared, the limit, whether it is the least ('>=') or the most, and
# where the values are in the reports.
use constant TARGETS => (
    { text => 'CPU of an update / return 200', limit => 4, is => '<=',
      value => sub { pairs($_[0], 'cpu', 'change', 'return') } },
    { text => 'p99 of an update at saturation, ms', limit => 150, is => '<=',
      value => sub { ms($_[0], 'change') } },
    { text => 'p99 at a tenth of it, ms', limit => 10, is => '<=',
      value => sub { ms($_[0], 'tenth') } },
    { text => 'updates / return 200, new connections', limit => 0.9,
      is => '>=', value => sub { pairs($_[0], 'rate', 'fresh',
          'fresh_return') } },
    { text => 'enrolments / return 200, same certificates', limit => 0.9,
      is => '>=', value => sub { pairs($_[0], 'rate', 'enroll',
          'enroll_return') } },
    { text => 'CPU of a refresh / of an update', limit => 1, is => '<=',
      value => sub { pairs($_[0], 'cpu', 'refresh', 'change') } },
    { text => 'p99 of another location meanwhile, ms', limit => 5, is => '<=',
      value => sub { ms($_[0], 'beside') } },
    { text => '... where commits give way to it', limit => 5, is => '<=',
      value => sub { ms($_[0], 'beside_loop') } },
    { text => "dnsd's CPU for a query meanwhile / alone", limit => 1.15,
      is => '<=', value => sub { pairs($_[0], 'cpu', 'dns_beside', 'dns') } },
);

use constant PEER_TARGETS => (
    ['named', 10], ['pdns', 10], ['knot', 1],
);


# What a signed zone's requests are held against those of one that is not.
use constant SIGNED_FIGURES => (
    ['per second',                  'rate'],
    ['CPU',                         'cpu'],
    ['of it the event loop',        'loop'],
    ['of it the thread of commits', 'commit'],
    ['p50',                         'p50_us'],
    ['p99',                         'p99_us'],
    ['p99.9',                       'p999_us'],
);


sub tables
{
    return join('', map { requests($_) . signed($_) } @_);
}


sub requests
{
    my ($report) = @_;

    my @rows = map {
        my ($kind, $name) = @$_;
        my $of = sub {
            my @values = grep { defined } map { $_->{ $_[0] } }
                @{ $report->{runs}{$kind} };

            return median(@values);
        };
        my $base = $kind =~ /^(fresh|enroll)/ ? "$1_return" : 'return';

        [ $name, thousands(sprintf('%.0f', $of->('rate'))),
          (map { sprintf('%.2f', $of->($_) / 1e3) } qw(p50_us p99_us p999_us)),
          (map { sprintf('%.1f', $of->($_)) } qw(cpu loop commit)),
          (map { defined($_) && $_ > 0 ? sprintf('%.1f', $_) : undef }
              $of->('commits'), $of->('batch')),
          sprintf('%.2f', median(pairs($report, 'cpu', $kind, $base))) ]
    } Bench::RegistrarRuns::rows($report->{runs});

    my ($before, $after) = map { $_ / $report->{devices} }
        @{ $report->{bytes}{''} };

    return sprintf("%s devices; latency in milliseconds, nginx's CPU in "
        . "microseconds for a request\n\n", thousands($report->{devices}))
        . table(['request', 'per second', 'p50', 'p99', 'p99.9', 'CPU',
            'event loop', 'commits', 'commits/s', 'requests each',
            'CPU / return 200'], @rows)
        . sprintf("\nThe store: %.0f bytes a device before, %.0f after.\n\n",
            $before, $after);
}


# A signed zone's over those of the other, of the same turn: median, and half
# of the turns; and the signatures that were made for a request.

sub signed
{
    my ($report) = @_;

    my $runs = $report->{runs};
    my $prefix = Bench::RegistrarRuns::SIGNED_PREFIX;
    my @kinds = grep { $runs->{"$prefix$_->[0]"} } Bench::RegistrarRuns::KINDS;

    return '' if !@kinds;

    my @rows = map {
        my ($name, $figure) = @$_;

        [ $name, map {
            my @ratios = pairs($report, $figure, "$prefix$_->[0]", $_->[0]);

            @ratios ? sprintf('%.2f (%.2f to %.2f)', median(@ratios),
                quartiles(@ratios)) : undef;
        } @kinds ];
    } SIGNED_FIGURES;

    push(@rows, [ 'signatures each', map {
        sprintf('%.2f', median(map { $_->{signatures} }
            @{ $runs->{"$prefix$_->[0]"} }))
    } @kinds ]);

    return table(['signed / not signed, ' . thousands($report->{devices}),
        map { $_->[1] } @kinds], @rows)
        . sprintf("\nThe signed store: %.0f bytes a device before, %.0f "
            . "after.\n\n", map { $_ / $report->{devices} }
            @{ $report->{bytes}{$prefix} });
}


# Updates of DNS servers, if any were measured: Bench::UpdatePeers.

sub peers
{
    my (@peers) = @_;

    return '' if !@peers;

    return "Durable updates with TSIG, CPU in microseconds for an update\n\n"
        . table(['server', 'devices', 'outstanding', 'updates/s', 'CPU',
            'latency, ms', 'unanswered, %'], map {
            my $peer = $_;

            [ $peer->{name}, (map { thousands($peer->{$_}) }
                  qw(devices outstanding)),
              thousands(sprintf('%.0f', $peer->{rate})),
              (map { sprintf('%.1f', $peer->{$_}) } qw(cpu latency lost)) ]
        } @peers) . "\n";
}


# The table of targets; those that this run did not measure are left out.
# Takes the reports of fleets and an array of peers.

sub targets
{
    my ($reports, $peers) = @_;

    my @rows = map {
        my $report = $_;

        map { judged("$_->{text}, " . thousands($report->{devices}),
            $_->{is}, $_->{limit}, $_->{value}->($report)) } TARGETS;
    } @$reports;

    my ($million) = grep { $_->{devices} == MILLION } @$reports;
    my ($ten) = grep { $_->{devices} == 10 * MILLION } @$reports;
    my ($largest) = sort { $b->{devices} <=> $a->{devices} } @$reports;

    push(@rows, judged('updates, 10,000,000 / 1,000,000', '>=', 0.7,
        ratio(rate($ten), rate($million)))) if $ten && $million;

    for my $target (PEER_TARGETS) {
        my ($name, $times) = @$target;
        my ($best) = sort { $b <=> $a } map { $_->{rate} }
            grep { $_->{name} eq $name } @$peers;

        push(@rows, judged("updates / $name at its best, "
            . thousands(($million // $largest)->{devices}), '>=', $times,
            ratio(rate($million // $largest), $best))) if $best;
    }

    return table(['the registrar', 'measured', 'half of the runs', 'target',
        ''], @rows);
}


sub judged
{
    my ($text, $is, $limit, @values) = @_;

    my $value = median(@values) // return ();
    my $met = $is eq '<=' ? $value <= $limit : $value >= $limit;

    return [$text, sprintf('%.2f', $value), sprintf('%.2f to %.2f',
        quartiles(@values)), "$is $limit", $met ? 'met' : 'missed'];
}


sub rate { return median(map { $_->{rate} } @{ $_[0]{runs}{change} }) }


sub ms
{
    my ($report, $kind) = @_;

    return map { $_->{p99_us} / 1e3 } @{ $report->{runs}{$kind} // [] };
}


# What a machine does besides changes from one second to the next: each run is
# held against the other's of the same turn.

sub pairs
{
    my ($report, $figure, $kind, $other) = @_;

    my ($a, $b) = map { $report->{runs}{$_} // [] } $kind, $other;

    return grep { defined } map { ratio($a->[$_]{$figure}, $b->[$_]{$figure}) }
        grep { $b->[$_] } 0 .. $#$a;
}


# Everything that every run found, for other eyes: fleet, kind of run, number
# of the run, figure, value.

sub raw
{
    my $text = '';

    for my $report (@_) {
        for my $kind (sort(keys(%{ $report->{runs} }))) {
            my $runs = $report->{runs}{$kind};

            for my $i (0 .. $#$runs) {
                $text .= join("\t", $report->{devices}, $kind, $i, $_,
                    $runs->[$i]{$_} // '') . "\n"
                    for sort(keys(%{ $runs->[$i] }));
            }
        }
    }

    return $text;
}


1;
