#!/usr/bin/perl

# Rolling keys (docs/operations.md), step by step, beneath a parent of NSD's,
# with a validating Unbound that asks all the while: no answer fails, of a ZSK,
# of a KSK, and of the algorithm.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Net::DNS;
use Time::HiRes qw(sleep time);

use SrvRegistrar qw(program wait_until free_port);
use SrvRegistrar::Nsd qw(nsd_command);
use SrvRegistrar::Process;
use SrvRegistrar::Unbound;

plan(skip_all => "no $_")
    for grep { !program($_) } qw(nsd unbound ldns-signzone ldns-keygen);

# The TTL of all: what a wait of the documents waits for, s.
use constant TTL => 1;

my $t = SrvRegistrar->new(dnssec => 13, zone_text => <<'END');
$ORIGIN devices.example.
$TTL 1
@    SOA  ns hostmaster 1 7200 900 1209600 1
     NS   ns
ns   A    192.0.2.53
www  A    192.0.2.80
END
my $keys = $t->{keys};

# The keys lie beside all the rest here.
$t->allow_log(qr/can still be read by dnsd at work/);

$keys->make('zsk2');
$keys->make('ksk2');
$keys->make('ksk15', algorithm => 15);
$keys->make('zsk15', algorithm => 15);

my %parent = parent_started();

$t->configure(zone_base => "ttl 1s;\nlease 30s 2h 1d;\n"
    . 'allow_address 127.0.0.0/8; max_rrsets 40;', http => 'srv_registrar_sweep 1s;');
$t->start();
ok($t->wait_log(qr/values of signed zones are signed/), 'all is signed');
parent_has('ksk');
$t->start_dnsd('--keys', $keys->directory('zsk', 'zsk2', 'zsk15'));

my $device = $t->device('device');

$device->enroll();
is($device->register(15269)->{status}, 200, 'a device');

# One that has room for the signatures of one key, and not of two.

my $full = $t->device('full');

$full->enroll();
is($full->put({ records => [map {
    { name => "t$_", type => 'TXT', data => ['"x"'] } } 1 .. 39] })->{status},
    200, 'another, which is full');

my $unbound = unbound_started();

is(asked('www'), 'NOERROR AD', 'a resolver believes it') or diag($unbound->log());


# At a time: each has its own way, and every step costs a TTL.

subtest 'a ZSK, published before it signs, and a KSK, with two DS' => sub {
    believed('both KSKs sign, zsk2 is published', sub {
        keys_are('ksk', 'ksk2', 'zsk', 'zsk2 published') });
    signs('DNSKEY', 'ksk', 'ksk2');
    signs('SOA', 'zsk');
    believed('the parent has both, zsk2 signs', sub {
        parent_has('ksk', 'ksk2');
        keys_are('ksk', 'ksk2', 'zsk retired', 'zsk2') });
    signs('SOA', 'zsk2');
    believed('the old KSK retires, the old ZSK goes', sub {
        keys_are('ksk retired', 'ksk2', 'zsk2') });
    signs('DNSKEY', 'ksk', 'ksk2');
    believed('the parent forgets it', sub { parent_has('ksk2') });
    believed('it goes', sub { keys_are('ksk2', 'zsk2') });
    signs('DNSKEY', 'ksk2');
};


subtest 'an algorithm' => sub {
    believed('both sign all', sub {
        keys_are('ksk2', 'zsk2', 'ksk15', 'zsk15') });
    signs('SOA', 'zsk2', 'zsk15');
    signs_full('zsk2');
    believed('the parent has both', sub { parent_has('ksk2', 'ksk15') });
    believed('the old one retires', sub {
        keys_are('ksk2 retired', 'zsk2', 'ksk15', 'zsk15') });
    signs('SOA', 'zsk2', 'zsk15');
    signs_full('zsk15');
    believed('the parent forgets it', sub { parent_has('ksk15') });
    believed('it goes', sub { keys_are('ksk15', 'zsk15') });
    signs('SOA', 'zsk15');
};


subtest 'the resolver would have seen' => sub {
    parent_has('ksk2');
    ok(wait_until(sub { asked('www') =~ /^SERVFAIL/ }),
        'a DS of no key makes the zone bogus');
};

$unbound->stop();
$_->stop() for $parent{nsd};

done_testing();


# One step, and the wait that follows it: what is asked meanwhile is believed.

sub believed
{
    my ($what, $step) = @_;

    my @bad;

    $step->();

    my $end = time() + TTL + 0.5;
    my $n = 0;

    while (time() < $end) {
        for my $name ('www', 'www/AAAA', 'nobody-' . int(rand(1e9)), '@/SOA',
                      '@/DNSKEY', '_xmpp-server._tcp.device/SRV', 't7.full/TXT')
        {
            my $said = asked($name);

            $n++;
            push(@bad, "$name: $said") if $said !~ /^(?:NOERROR|NXDOMAIN) AD$/;
        }
        sleep(0.05);
    }

    is("@bad", '', "$what: all of $n answers are believed")
        or diag($unbound->log() =~ s/^.*(?=validation failure)//gmr);
}


sub asked
{
    my ($question) = @_;

    my ($name, $type) = split(m{/}, $question);
    my %labels = (device => $device, full => $full);

    $name =~ s{\b(device|full)$}{$labels{$1}->fqdn() =~ s/\..*//r}e;

    my $reply = $unbound->query($name eq '@' ? $t->{zone}
        : "$name.$t->{zone}", $type // 'A');

    return join(' ', $reply->header->rcode, $reply->header->ad ? 'AD' : ());
}


# New lines of the zone, and all signed by them.

sub keys_are
{
    my (@lines) = @_;

    my $seen = length($t->read('error.log'));

    $t->configure(dnssec => $keys->lines(@lines));
    $t->reload_all() or fail("keys: @lines");
    ok(wait_until(sub { substr($t->read('error.log'), $seen)
        =~ /values of signed zones are signed/ }), "keys: @lines");
}


sub signs
{
    my ($type, @names) = @_;

    my ($bad, $good) = $keys->verify($t);

    is($bad, '', 'every signature is good');
    is_deeply($good->{"$t->{zone}. $type"},
        [sort { $a <=> $b } map { $keys->tag($_) } @names],
        "$type is signed by @names");
}


sub signs_full
{
    my ($name) = @_;

    my ($bad, $good) = $keys->verify($t);

    is_deeply($good->{'t7.' . $full->fqdn() . '. TXT'}, [$keys->tag($name)],
        "who is full is signed by $name alone");
}


# The parent: a zone of its own key, which delegates ours.

sub parent_started
{
    my $dir = $t->path('parent');

    mkdir($dir) or die("$dir: $!");

    my $key = SrvRegistrar::Dnssec->new(zone => 'example',
        dir => "$dir/keys", algorithms => [13]);
    my $port = free_port($t->{address});

    %parent = (dir => $dir, key => $key, port => $port);
    parent_written();
    $parent{nsd} = SrvRegistrar::Process->start(
        command => [nsd_command(dir => $dir, address => $t->{address},
            port => $port, zone => 'example',
            file => 'example.zone.signed')],
        output  => "$dir/nsd.log",
        ready   => sub { defined(parent_serial()) },
    );

    return %parent;
}


sub parent_written
{
    my (@ds) = @_;

    my $serial = ++$parent{serial};
    my $dir = $parent{dir};

    $t->write('parent/example.zone', join("\n",
        '$ORIGIN example.', '$TTL ' . TTL,
        "\@ SOA ns hostmaster $serial 7200 900 1209600 " . TTL,
        '@ NS ns', 'ns A 192.0.2.1', 'devices NS ns.devices',
        'ns.devices A 192.0.2.53', (map { "devices DS $_" } @ds)) . "\n");

    my $command = join(' ', program('ldns-signzone'), '-f',
        "$dir/example.zone.signed", "$dir/example.zone",
        map { $parent{key}->base($_) } qw(ksk zsk));
    my $said = `$command 2>&1`;

    die("$command: $said") if $?;
}


sub parent_serial
{
    my $resolver = Net::DNS::Resolver->new(nameservers => [$t->{address}],
        port => $parent{port}, recurse => 0, retry => 1, udp_timeout => 1);
    my $reply = $resolver->send('example', 'SOA') or return undef;
    my ($soa) = $reply->answer;

    return $soa && $soa->serial;
}


# The DS of these keys, as srvctl prints them.

sub parent_has
{
    my (@names) = @_;

    parent_written(map { $keys->ds($_) } @names);
    kill('HUP', $parent{nsd}{pid});
    ok(wait_until(sub { (parent_serial() // 0) == $parent{serial} }),
        "the parent has the DS of @names");
}


sub unbound_started
{
    my $dir = $t->path('unbound');

    mkdir($dir) or die("$dir: $!");

    my $self = SrvRegistrar::Unbound->new(
        dir     => $dir,
        address => $t->{address},
        stubs   => {
            'example'         => [$t->{address}, $parent{port}],
            'devices.example' => [$t->{address}, $t->{dns_port}],
        },
        options => [
            'module-config: "validator iterator"',
            'val-log-level: 2', 'val-bogus-ttl: 1', 'aggressive-nsec: no',
            'trust-anchor: "' . $parent{key}->dnskey('ksk') . '"',
        ],
    );

    return $self->start();
}
