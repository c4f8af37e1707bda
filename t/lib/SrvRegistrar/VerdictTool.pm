package SrvRegistrar::VerdictTool;

# t/tools/signature_verdict.c, which does with signed requests what the
# registrar does, and nothing else.  Requests and keys are those of
# SrvRegistrar::SignatureTable.
#
#     my @verdicts = map { [split(/ /)] } verdict_tool([], $now, $key, @requests);

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use MIME::Base64 qw(decode_base64url);
use Test::More;

use SrvRegistrar;

our @EXPORT_OK = qw(verdict_tool);

# The name and the generation of the tool's one device.
our $KEYID = '8be376ddb1c07aa7cce0794b8ba66cfd.devices.example.net/ba22b7dc';

# Its key, by the vectors of docs/http-api.md.
our $KEY = { algorithm => 'hmac-sha256', keyid => $KEYID, key => {
    kty => 'oct', k => 'z4HxNu7XFqoimKfdh_icXhQ4X3S5WcNiWjnU5mkGgts' } };

use constant TOOL => SrvRegistrar::BUILD . '/t/signature_verdict';


# What it prints, a line for each request.

sub verdict_tool
{
    my ($options, $now, $key, @requests) = @_;

    my $input = File::Temp->new();

    print $input map { line($now, $key, $_) } @requests;
    close($input);

    open(my $pipe, '-|', join(' ', TOOL, @$options) . " <$input")
        or die(TOOL . ": $!");

    my @lines = <$pipe>;

    ok(close($pipe), 'the tool ended well');
    chomp(@lines);

    return @lines;
}


sub line
{
    my ($now, $key, $request) = @_;

    my %number = ('hmac-sha256' => 1, ed25519 => 2, 'ecdsa-p256-sha256' => 3);
    my $public = ref($key->{key}) && $key->{key}{kty} ne 'oct'
        ? join('', map { decode_base64url($key->{key}{$_} // '') } qw(x y))
        : '';
    my $hex = sub { 'x' . unpack('H*', $_[0]) };

    return join(' ', $number{ $key->{algorithm} }, $hex->($public), $now,
        (map { $hex->($request->{$_}) } qw(method scheme authority path)),
        defined($request->{query}) ? $hex->($request->{query}) : '-',
        $hex->($request->{body}),
        map { map { $hex->($_) } @$_ } @{ $request->{headers} }) . "\n";
}


1;
