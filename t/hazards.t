#!/usr/bin/perl

# Each test that docs/security.md names for a hazard is there.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir("$FindBin::Bin/..") or die;

open(my $file, '<', 'docs/security.md') or die;
my $text = do { local $/; <$file> };
my ($part) = $text =~ /^## Hazards, one by one\n(.*?)^## /ms;
my @rows = grep { !/^\| (?:hazard|---)/ && !/^\|---/ } $part =~ /^(\|.*)$/mg;

cmp_ok(scalar(@rows), '>', 60, 'hazards are found');

for my $row (@rows) {
    my (undef, $hazard, $done, $tests) = split(/\s*\|\s*/, $row);

    ok($done, "$hazard: something is done");
    ok($tests, '... and a test or its absence is named');

    for my $name ($tests =~ m{((?:unit/)?\w+\.[tc])}g) {
        ok(-e "t/$name", "... t/$name");
    }
}

done_testing();
