package SrvRegistrar::Trust;

# Keys of a signed zone, and those who believe them:
#
#   my $key = SrvRegistrar::Trust->key($dir, 'devices.example', 13);
#   $key->{base}                      # for "key" of t/tools/store_fill.c
#   my $trust = SrvRegistrar::Trust->new($dir, 'devices.example', $key, ...);
#   $trust->delv($address, $port, 'www.devices.example', 'A');  # its verdict
#   $trust->unbound_options()         # for SrvRegistrar::Unbound

use strict;
use warnings;

use Carp qw(croak);

use SrvRegistrar::Process qw(program);

my %algorithms = (13 => 'ECDSAP256SHA256', 15 => 'ED25519');


# Undefined where all is there, otherwise what is missing.

sub missing
{
    my ($missing) = grep { !defined(program($_)) } qw(dnssec-keygen delv);

    return defined($missing) ? "no $missing" : undef;
}


# A new key in the directory; one that signs all unless kind is 'ZSK'.

sub key
{
    my ($class, $dir, $zone, $algorithm, $kind) = @_;

    my @command = (program('dnssec-keygen'), '-q', '-K', $dir,
                   '-a', $algorithms{$algorithm},
                   ($kind // '') eq 'ZSK' ? () : ('-f', 'KSK'), $zone);

    open(my $pipe, '-|', @command) or croak("dnssec-keygen: $!");
    my $base = <$pipe> // '';
    close($pipe) or croak("dnssec-keygen failed: $?");
    chomp($base);

    open(my $in, '<', "$dir/$base.key") or croak("$dir/$base.key: $!");
    my ($record) = grep { !/^;/ } <$in>;
    my ($data) = $record =~ /\sDNSKEY\s+(.*\S)/ or croak("no key: $record");

    return { base => "$dir/$base", data => $data };
}


sub new
{
    my ($class, $dir, $zone, @keys) = @_;

    my $self = bless {
        zone   => $zone,
        anchor => "$dir/anchor.conf",
        keys   => \@keys,
    }, $class;

    open(my $out, '>', $self->{anchor}) or croak("$self->{anchor}: $!");
    print $out "trust-anchors {\n";
    print $out map {
        my ($flags, $protocol, $algorithm, $key) = split(' ', $_->{data}, 4);
        "    \"$zone.\" static-key $flags $protocol $algorithm \"$key\";\n";
    } @keys;
    print $out "};\n";
    close($out) or croak("$self->{anchor}: $!");

    return $self;
}


# What delv says of an answer: "fully validated", "negative response, fully
# validated", or why not; and all of its output.

sub delv
{
    my ($self, $address, $port, $name, $type) = @_;

    open(my $pipe, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', program('delv'),
         "\@$address", '-p', $port, '-a', $self->{anchor},
         "+root=$self->{zone}", '+multi', $name, $type)
        or croak("delv: $!");
    my $output = do { local $/; <$pipe> } // '';
    close($pipe);

    # "resolution failed" comes with each negative answer, believed or not

    my ($verdict) = $output =~ /^; (.*validated|.*unsigned answer.*)/m;

    return wantarray ? ($verdict // $output, $output) : $verdict // $output;
}


# Nothing is kept, so that each answer is dnsd's of now.

sub unbound_options
{
    my ($self) = @_;

    return ('module-config: "validator iterator"',
            'cache-max-ttl: 0', 'cache-max-negative-ttl: 0',
            'aggressive-nsec: no', 'val-log-level: 2',
            map { "trust-anchor: \"$self->{zone}. DNSKEY $_->{data}\"" }
                @{ $self->{keys} });
}


1;
