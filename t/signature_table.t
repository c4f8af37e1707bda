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
use File::Temp ();
use MIME::Base64 qw(decode_base64url);
use Test::More;

use SrvRegistrar;
use SrvRegistrar::Signature qw(make_key);
use SrvRegistrar::SignatureTable qw(cases request);
use SrvRegistrar::Verifier qw(valid verdict);

use constant NOW => 1_790_000_000;
use constant KEYID =>
    '8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net/ba22b7dc';

my %default = (
    method    => 'PUT',
    authority => 'registrar.example.net',
    path      => '/v1/records',
    body      => '{}',
);

my $tool = SrvRegistrar::BUILD . '/t/signature_verdict';


# A line of the tool's input.

sub line
{
    my ($key, $request) = @_;

    my %number = ('hmac-sha256' => 1, ed25519 => 2, 'ecdsa-p256-sha256' => 3);
    my $public = ref($key->{key}) && $key->{key}{kty} ne 'oct'
        ? join('', map { decode_base64url($key->{key}{$_} // '') } qw(x y))
        : '';
    my $hex = sub { 'x' . unpack('H*', $_[0]) };

    return join(' ', $number{ $key->{algorithm} }, $hex->($public), NOW,
        (map { $hex->($request->{$_}) } qw(method scheme authority path)),
        defined($request->{query}) ? $hex->($request->{query}) : '-',
        $hex->($request->{body}),
        map { map { $hex->($_) } @$_ } @{ $request->{headers} }) . "\n";
}


sub tool
{
    my (@lines) = @_;

    my $input = File::Temp->new();

    print $input @lines;
    close($input);

    open(my $pipe, '-|', "$tool <$input") or die("$tool: $!");

    my @verdicts = map { [/^(\S+) ([0-9a-f]*)$/] } <$pipe>;

    ok(close($pipe), 'the tool ended well');

    return @verdicts;
}


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
    { algorithm => 'hmac-sha256', key => {
        kty => 'oct', k => 'z4HxNu7XFqoimKfdh_icXhQ4X3S5WcNiWjnU5mkGgts' } },
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
    my @theirs = tool(map { line($key, $_) } @requests);
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
