#!/usr/bin/perl

# RFC 9421 and our profile of it, twice: thousands of signed requests, of
# every shape, go to the registrar's code (t/tools/signature_verdict.c) and to
# SrvRegistrar::Verifier, which was written from the specifications.  The
# verdicts have to be the same, and what is accepted must be a signature to the
# RFC alone, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Signature qw(make_key);
use SrvRegistrar::SignatureTable qw(cases request);
use SrvRegistrar::VerdictTool qw(verdict_tool);
use SrvRegistrar::Verifier qw(valid verdict);

use constant NOW => 1_790_000_000;
use constant KEYID => $SrvRegistrar::VerdictTool::KEYID;

my %default = (
    method    => 'PUT',
    authority => 'registrar.example.net',
    path      => '/v1/records',
    body      => '{}',
);

# The same verdict.  Where a digest is wrong and what follows it is, too, it
# does not matter which of the two is said.

sub same
{
    my ($one, $other) = @_;

    return $one eq $other || join(' ', sort($one, $other))
        eq 'digest-mismatch signature-malformed';
}


# The vectors of docs/http-api.md, and two keys of the device's own.

my @keys = (
    $SrvRegistrar::VerdictTool::KEY,
    map({ { algorithm => $_, key => (make_key($_))[0] } }
        'ed25519', 'ecdsa-p256-sha256'),
);
my %seen;

for my $key (@keys) {
    $key->{keyid} = KEYID;

    # What depends on the algorithm is a signature's length: of the others'
    # cases, which are slow, one in twelve is enough.
    my $n = 0;
    my @cases = grep { $key == $keys[0] || $_->[0] =~ /bytes/
        ||  $n++ % 12 == 0 }
        cases(KEYID, NOW);
    my @requests = map { my ($name, %change) = @$_;
        request($key, %default, %change) } @cases;
    my @theirs = map { [/^(\S+) ([0-9a-f]*)$/] }
        verdict_tool([], NOW, $key, @requests);
    my (@differ, @false);

    is(scalar(@theirs), scalar(@cases), "$key->{algorithm}: "
        . @cases . ' requests');

    for my $i (0 .. $#cases) {
        my ($ours, $base) = (verdict($requests[$i], $key, NOW),
            pack('H*', $theirs[$i][1] // ''));
        my $got = $theirs[$i][0] // 'nothing';

        $seen{$got}++;

        push(@differ, "$cases[$i][0]\n    the registrar: $got\n"
            . "    the verifier: $ours\n    a base of the registrar's: $base")
            if !same($got, $ours);
        push(@false, $cases[$i][0])
            if $got eq 'ok' && !valid($requests[$i], $key);
    }

    is(scalar(@differ), 0, '... the same verdicts')
        or diag(join("\n", @differ[0 .. ($#differ < 30 ? $#differ : 30)]));
    is(scalar(@false), 0, '... nothing accepted that the RFC refuses')
        or diag(join("\n", @false));
}

cmp_ok($seen{$_} // 0, '>=', 3, "$_: " . ($seen{$_} // 0)) for qw(ok
    signature-required signature-malformed signature-incomplete
    signature-invalid signature-expired unknown-key clock-skew digest-required
    digest-mismatch);

done_testing();
