#!/usr/bin/perl

# DNSViz, which operators look at their zones with: every kind of answer of a
# signed zone, from its trust anchor on.  No error and no warning may come but
# what %excused has, with its reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;

use SrvRegistrar qw(program);

# dnsviz 0.9.4 asks for a module that pygraphviz 1.7 has no longer.
use constant DNSVIZ => <<'END';
import pygraphviz, runpy, sys, types
release = types.ModuleType('release')
release.version = pygraphviz.__version__
pygraphviz.release = release
sys.modules['pygraphviz.release'] = release
sys.argv[0] = '/usr/bin/dnsviz'
runpy.run_path(sys.argv[0], run_name='__main__')
END

plan(skip_all => 'no dnsviz') if !program('dnsviz');

# Twenty seconds for answers that are those of the plain build.
plan(skip_all => 'not under sanitizers') if $ENV{SRV_ASAN};

# Kinds of complaints, by DNSViz's own words.
my %excused = (
);

my $t = SrvRegistrar->new(dnssec => 13, zone_text => <<'END');
$ORIGIN devices.example.
$TTL 300
@      SOA    ns hostmaster 1 7200 900 1209600 60
       NS     ns
ns     A      127.0.0.1
END

$t->start(dnsd => 1);

my $device = $t->device('tv');

$device->enroll();
$device->put({ services => [{ service => '_xmpp-server._tcp', port => 15269 }] });

my $fqdn = $device->fqdn;
my @names = ('absent.devices.example', $fqdn,
    "_xmpp-server._tcp.$fqdn",
    "_tcp.$fqdn");          # between the two

for my $name (@names) {
    my $found = dnsviz($name);
    my $words = JSON::PP->new->canonical->encode($found);

    ok($found->{"$name."}, "$name: looked at") or next;
    is_deeply([complaints($found)], [], "$name: no complaint");
    like($words, qr/"status":"VALID"/, "$name: signatures are valid");
    unlike($words, qr/"status":"(?:BOGUS|INVALID|EXPIRED)"/,
        "$name: and none is not");
}

done_testing();


# One name at a time: of several it loses some and waits five minutes.

sub dnsviz
{
    my ($name) = @_;

    my $server = "ns.devices.example=$t->{address}:$t->{dns_port}";

    $t->write('anchor', $t->{keys}->dnskey('ksk') . "\n");
    $t->write('grok.py', DNSVIZ);

    my $grok = '/usr/bin/python3 ' . $t->path('grok.py') . ' grok';
    my $log = $t->path('dnsviz.log');

    system("dnsviz probe -4 -A -x 'devices.example+:$server'"
        . " $name >" . $t->path('probe') . " 2>$log") == 0
        or BAIL_OUT('dnsviz probe: ' . $t->read('dnsviz.log'));

    my $json = `$grok -l info -t ${\$t->path('anchor')} -r ${\$t->path('probe')} 2>$log`;

    return eval { decode_json($json) }
        // BAIL_OUT('dnsviz grok: ' . ($t->read('dnsviz.log')));
}


# All errors and warnings of a tree, but the excused.

sub complaints
{
    my ($node) = @_;

    return map { complaints($_) } @$node if ref($node) eq 'ARRAY';
    return if ref($node) ne 'HASH';

    my @here = map { ref($_) ? $_->{code} . ': ' . $_->{description} : $_ }
        map { @{ $node->{$_} // [] } } qw(errors warnings);

    return (grep { !$excused{ s/:.*//sr } } @here),
        map { complaints($node->{$_}) } grep { !/^(?:errors|warnings)$/ }
            sort keys %$node;
}
