#!/usr/bin/perl

# Every reason for a refusal: one entry in the module's table, one line in the
# documentation that agrees with it, and a test that provokes it.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir("$FindBin::Bin/..") or die;

my $module = 'ngx_srv_registrar_module';
my ($enum) = slurp("$module/device_reason.h") =~ /typedef enum \{(.*?)\}/s;
my @reasons = grep { $_ !~ /^(?:OK|REASONS)$/ }
    $enum =~ /^\s+DEVICE_([A-Z_]+)/mg;

# reason => [name, status, entry]
my %table;
my $problem = slurp("$module/ngx_srv_registrar_problem.c");

while ($problem =~ /\[DEVICE_([A-Z_]+)\] = \{\s*"([^"]*)",\s*(\d+),(.*?)\}/sg) {
    $table{$1} = [$2, $3, $4];
}

my $docs = slurp('docs/http-api.md');
my %tests = map { $_ => slurp($_) }
    grep { $_ ne 't/reasons.t' } glob('t/*.t');

# What a test expects is written as SrvRegistrar::outcome gives it:
# '401 unknown-key'.
my %provoked;

for my $file (sort keys(%tests)) {
    push(@{ $provoked{$1} }, $file)
        while $tests{$file} =~ /\b(\d{3} [a-z][a-z-]+[a-z])\b/g;
}

ok(@reasons > 40, 'reasons are found');

for my $reason (@reasons) {
    my ($name, $status, $entry) = @{ $table{$reason} // [] };

    ok(defined($name), "$reason is in the table") or next;
    is($name, lc($reason) =~ tr/_/-/r, '... under its name');
    like($entry, qr/"[A-Z].{5,}"/s, '... with a title');
    like($docs, qr/^.*`$name`.*\b$status\b|^.*\b$status\b.*`$name`/m,
         "... $status in docs/http-api.md");
    ok($provoked{"$status $name"}, '... and provoked')
        or diag("no test expects \"$status $name\"");
    diag("$name: @{ $provoked{qq($status $name)} }")
        if $ENV{SRV_DEBUG} && $provoked{"$status $name"};
}

is(join(' ', grep { my $r = $_; !grep { $_ eq $r } @reasons, 'OK' }
    sort keys(%table)), '', 'the table has no others');

# Nobody else chooses a status: one table, one decision.
for my $file (grep { !/_problem\.c$/ } glob("$module/ngx_srv_registrar_*.c")) {
    unlike(slurp($file), qr/"urn:|problem\+json/, "$file makes no problems");
}

done_testing();


sub slurp
{
    my ($name) = @_;

    open(my $file, '<', $name) or die("$name: $!");
    local $/;

    return scalar(<$file>);
}
