#!/usr/bin/perl

# A thousand signatures in a request, in every way that they can come: what the
# registrar does with them takes less than 100 microseconds of CPU time, and so
# many are refused, though ours is right.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(min);
use Test::More;

use SrvRegistrar::SignatureTable qw(request);
use SrvRegistrar::VerdictTool qw(verdict_tool);

use constant NOW    => 1_790_000_000;
use constant MANY   => 1000;
use constant LIMIT  => 100;                                 # us
use constant ROUNDS => 100;

# The least of so many: others may take the processor's caches.
use constant TRIES  => 5;

plan(skip_all => 'the sanitizers take their time') if SrvRegistrar::ASAN;

my $key = $SrvRegistrar::VerdictTool::KEY;
my $keyid = $key->{keyid};
my $ours = sprintf('("@method" "@authority" "@path" "content-digest")'
    . ';created=%d;keyid="%s"', NOW, $keyid);
my $others = '("@method" "@authority" "@path" "content-digest");created=1'
    . ';keyid="host.example/00000000"';
my @numbers = 1 .. MANY - 1;

# Theirs beside ours: Signature-Input and Signature, before and after.

my @cases = (
    ['ours alone', 'ok'],
    ['in a line of each', undef, join(', ', map { "a$_=$others" } @numbers),
        join(', ', map { "a$_=:AAAA:" } @numbers)],
    ['in lines of their own', undef, [map { "a$_=$others" } @numbers],
        [map { "a$_=:AAAA:" } @numbers]],
    ['of no components, in a line', undef, join(', ', map { "a$_=()" }
        @numbers), join(', ', map { "a$_=::" } @numbers)],
    ['of no components, in lines', undef, [map { "a$_=()" } @numbers],
        [map { "a$_=::" } @numbers]],
    ['all said to be ours', undef, [map { "a$_=$ours" } @numbers],
        [map { "a$_=:AAAA:" } @numbers]],
    ['all of one name', undef, [map { "a=$others" } @numbers],
        [map { 'a=:AAAA:' } @numbers]],
    ['in Signature alone, in a line', undef, '',
        join(', ', map { "a$_=::" } @numbers)],
    ['in Signature alone, in lines', undef, '', [map { "a$_=::" } @numbers]],
    ['in Signature-Input alone', undef, [map { "a$_=()" } @numbers], ''],
);
my @requests = map { around($_, 0), around($_, 1) } @cases;
my @names = map { ("$_->[0], behind", "$_->[0], before") } @cases;
my @times = map { [] } @requests;
my @verdicts;

for (1 .. TRIES) {
    my @said = verdict_tool(['--time', ROUNDS], NOW, $key, @requests);

    for my $i (0 .. $#said) {
        my ($verdict, $time) = split(/ /, $said[$i]);

        $verdicts[$i] = $verdict;
        push(@{ $times[$i] }, $time);
    }
}

for my $i (0 .. $#requests) {
    my $least = min(@{ $times[$i] });

    cmp_ok($least, '<', LIMIT, "$names[$i]: $least us");
    is($verdicts[$i], $i < 2 ? 'ok' : 'signature-malformed', '... the verdict');
}

done_testing();


sub around
{
    my ($case, $before) = @_;

    my (undef, undef, $input, $signature) = @$case;
    my $request = request($key, method => 'PUT', path => '/v1/records',
        authority => 'registrar.example.net', body => '{}',
        input => "sig1=$ours");
    my @theirs = map({ ['Signature-Input', $_] } lines($input));

    push(@theirs, map { ['Signature', $_] } lines($signature));

    $request->{headers} = $before ? [@theirs, @{ $request->{headers} }]
                                  : [@{ $request->{headers} }, @theirs];

    return $request;
}


sub lines
{
    my ($lines) = @_;

    return grep { defined && length } ref($lines) ? @$lines : $lines;
}
