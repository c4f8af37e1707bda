package Bench::Table;

# Medians, and tables in Markdown that can be read as they are.

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max);

our @EXPORT_OK = qw(median quartiles ratio table thousands);


sub median
{
    my @sorted = sort { $a <=> $b } @_;

    return undef if !@sorted;

    return @sorted % 2 ? $sorted[@sorted / 2]
                       : ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}


# Between which half of the values lie, as nearly as their number allows.

sub quartiles
{
    my @sorted = sort { $a <=> $b } @_;

    return @sorted[int(@sorted / 4), $#sorted - int(@sorted / 4)];
}


# undef where there is nothing to compare.

sub ratio
{
    my ($a, $b) = @_;

    return defined($a) && $b ? $a / $b : undef;
}


sub thousands
{
    my ($n) = @_;

    1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;

    return $n;
}


# Rows of cells, the first row being the head; undef is an empty cell.  The
# first column is text, the others are numbers.

sub table
{
    my @rows = map { [map { $_ // '' } @$_] } @_;
    my @width;

    for my $row (@rows) {
        $width[$_] = max($width[$_] // 3, length($row->[$_])) for 0 .. $#$row;
    }

    my @rule = map { $_ == 0 ? '-' x $width[0] : '-' x ($width[$_] - 1) . ':' }
        0 .. $#width;

    return join('', map { line(\@width, @$_) } $rows[0], \@rule,
        @rows[1 .. $#rows]);
}


sub line
{
    my ($width, @cells) = @_;

    return '| ' . join(' | ', map {
        sprintf($_ == 0 ? '%-*s' : '%*s', $width->[$_], $cells[$_])
    } 0 .. $#cells) . " |\n";
}


1;
