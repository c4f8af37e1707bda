#!/usr/bin/perl

# A signed zone in the store: after each way of changing it, every RRset of
# every value has a good signature, by ldns, of the keys that are to sign it;
# and the serial moves with what is shown.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Net::DNS;
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::AcmeDns;
use SrvRegistrar::Dyndns2;

my $t = SrvRegistrar->new(dnssec => 13);
my $keys = $t->{keys};
my ($ksk, $zsk) = map { $keys->tag($_) } qw(ksk zsk);
my $zone = $t->{zone};


# What a commit signs is signed with it: no sweep helps until the end.
$t->configure(http => 'srv_registrar_sweep 1h;', enroll =>
    'srv_registrar_new_name 1s; srv_registrar_enroll_limit off;',
    server => 'location = /metrics { srv_registrar metrics; }'
    . SrvRegistrar::AcmeDns->LOCATION
    . SrvRegistrar::Dyndns2->LOCATION);
$t->start(dnsd => 1);

my $device = $t->device('first');
my ($good, $serial);

is($device->enroll()->{status}, 201, 'enrolled');
$good = signed('a device without records');
is_deeply($good->{"$zone. DNSKEY"}, [$ksk], '... the KSK signs the keys');
is_deeply($good->{"$zone. CDS"}, [$ksk], '... and the CDS');
is_deeply($good->{"$zone. SOA"}, [$zsk], '... the ZSK the SOA');
is_deeply($good->{"www.$zone. A"}, [$zsk], '... and a static name');
ok($good->{"www.$zone. NSEC"}, '... which has an NSEC');
ok($good->{"$zone. NSEC"}, '... as the apex');
ok(!$good->{$device->fqdn . '. NSEC'}, '... and a name without records none');

my $fqdn = $device->fqdn;
my $srv = "_xmpp-server._tcp.$fqdn.";

my $made = made();

moves('PUT', sub { $device->register(15269) });
is(made() - $made, 4, '... SRV, A, NSEC and SOA, each signed once');
$good = signed('PUT');
is_deeply($good->{"$srv SRV"}, [$zsk], '... its SRV');
is_deeply($good->{"$fqdn. A"}, [$zsk], '... its address');
ok($good->{"$fqdn. NSEC"}, '... its NSEC');

my @before = signatures();

my $reply = $device->register(15269);

is($reply->{status}, 200, 'the same PUT');
ok($reply->{json}{dnssec}, '... whose reply says that the zone is signed');
is_deeply([signatures()], \@before, '... signs nothing anew');
signed('the same PUT');

moves('PATCH', sub { $device->patch({ records => [
    { name => '_acme-challenge', type => 'TXT', ttl => 30, lease => 30,
      data => ['"x"'] },
    { name => '@', type => 'TXT', data => ['"y"'] } ] }) });
$good = signed('PATCH');
ok($good->{"_acme-challenge.$fqdn. TXT"}, '... a name below');
like(bitmap($fqdn), qr/\bTXT\b/, '... the NSEC knows of the new type');

moves('PATCH that removes', sub { $device->patch({ records => [
    { name => '@', type => 'TXT', data => [] } ] }) });
signed('PATCH that removes');
unlike(bitmap($fqdn), qr/\bTXT\b/, '... the NSEC forgets the type');


subtest 'another device, suspended and resumed, by us and in a crowd' => sub {
    my $other = $t->device('second');

    is($other->enroll()->{status}, 201, 'enrolled');
    is($other->register(15270)->{status}, 200, 'registered');
    signed('two devices');

    is($t->srvctl('suspend', $other->fqdn), '', 'suspended');
    signed('one suspended');
    is($t->srvctl('resume', $other->fqdn), '', 'resumed');
    signed('resumed');
    is($t->srvctl('suspend', 'issuer:1'), '', 'the issuer suspended');
    signed('an issuer suspended');
    is($t->srvctl('resume', 'issuer:1'), '', 'resumed');
    is($t->srvctl('remove', $other->fqdn), '', 'removed');
    signed('one removed');
};


moves('DELETE', sub { $device->delete() });
$good = signed('DELETE');
is(scalar(grep { /\Q$fqdn\E/ } keys(%$good)), 0, '... nothing is left of it');


subtest 'the other doors' => sub {
    my $third = $t->device('third');

    $third->enroll();

    my $acme = SrvRegistrar::AcmeDns->issue($third);
    my $dyndns2 = SrvRegistrar::Dyndns2->issue($third);

    moves('acme-dns', sub { $acme->update(
        SrvRegistrar::AcmeDns::challenge('one')) });

    my $good = signed('acme-dns');

    is_deeply($good->{'_acme-challenge.' . $third->fqdn . '. TXT'}, [$zsk],
        '... its challenge');
    ok($good->{$third->fqdn . '. NSEC'},
        '... and the empty name above, which has nothing of its own');

    like($dyndns2->update(''), qr/^200 good/, 'dyndns2');
    $good = signed('dyndns2');
    is_deeply($good->{$third->fqdn . '. A'}, [$zsk], '... its address');
};


subtest 'another name' => sub {
    my $sold = $t->device('sold');

    $sold->enroll();
    $sold->register(15271);

    my ($old, $serial) = ($sold->fqdn, $t->serial());

    ok(wait_until(sub {
        $sold->enroll(body => '{"new_name":true}')->{status} == 201 }),
        'given');
    isnt($sold->fqdn, $old, '... it is another');
    cmp_ok($t->serial(), '>', $serial, '... the serial moves');

    my $good = signed('a name that nobody has any more');

    is(scalar(grep { /\Q$old\E/ } keys(%$good)), 0, '... nothing is left');
    is($sold->register(15271)->{status}, 200, 'registered');
    ok(signed('the new name')->{$sold->fqdn . '. A'}, '... is there');
};


subtest 'expiry' => sub {
    my $reply = $device->put({ lease => 30, services => [
        { service => '_xmpp-server._tcp', port => 15269 }] });

    is($reply->{status}, 200, 'a short lease') or diag($reply->{body});

    # What is live then is signed, before anything has swept.
    my ($bad, $then) = $keys->verify($t, now => time() + 3600);

    is($bad, '', 'an hour later what lives has good signatures');
    ok(!$then->{"$srv SRV"}, '... and the device is none of it');
};


subtest 'a change of the zone file' => sub {
    my $old = $t->serial();

    $t->write("$zone.zone", $t->ZONE . "mail A 192.0.2.25\n"
        . "deep.mail TXT below\n");
    ok($t->reload_all(), 'reloaded');
    ok(wait_until(sub { $t->answers("mail.$zone", 'A') }), 'published');
    cmp_ok($t->serial(), '>', $old, '... the serial moves');

    my $good = signed('a new zone file');

    is_deeply($good->{"mail.$zone. A"}, [$zsk], '... a new name');
    is_deeply($good->{"deep.mail.$zone. TXT"}, [$zsk], '... one below');
};


subtest 'another ZSK' => sub {
    $keys->make('zsk2');
    is($device->register(15269)->{status}, 200, 'a device, signed before');

    my $new = $keys->tag('zsk2');

    reconfigured('ksk', 'zsk', 'zsk2 published');
    $good = signed('published');
    is_deeply($good->{"$zone. SOA"}, [$zsk], 'it signs nothing yet');

    reconfigured('ksk', 'zsk retired', 'zsk2');
    ok(wait_until(sub { !grep { !is_by($_, $new) } by_zsk() }),
        'a sweep signs all with it') or diag(explain([by_zsk()]));
    signed('active');

    reconfigured('ksk', 'zsk2');
    signed('the old one gone');
    $zsk = $new;
};


subtest 'a worker dies' => sub {
    for my $round (1 .. 3) {
        my @workers = $t->workers();

        $t->allow_log(qr/exited on signal 9/);
        kill('KILL', $_) for @workers;
        ok(wait_until(sub { $t->workers() == @workers
            && !grep { my $pid = $_; grep { $_ == $pid } @workers }
                $t->workers() }), 'others come');
        is(outcome($device->register(15300 + $round)), '200', '... and commit');
        signed('and all is signed');
    }
};


subtest 'no longer signed' => sub {
    $t->configure(dnssec => '');
    ok($t->reload_all(), 'reloaded');
    ok(wait_until(sub { $t->srvctl('dump') !~ /"(?:RRSIG|NSEC|DNSKEY)"/ }),
        'a sweep takes all signatures away');
    is($t->answers("_xmpp-server._tcp.$fqdn", 'SRV') =~ /15303/, 1,
        '... and nothing else');
};


subtest 'signed again, a fleet at once' => sub {
    reconfigured('ksk', 'zsk2');
    signed('all');
    ok(wait_until(sub { metric('srv_registrar_values_to_sign') }),
        'metrics know of it');
    is(metric('srv_registrar_values_unsigned'), 0, '... and of none unsigned');
};

done_testing();


# Everything is good, as of now.  Returns { "owner TYPE" => [tags] }.

sub signed
{
    my ($what) = @_;

    my ($bad, $good) = $keys->verify($t);

    is($bad, '', "$what: all signatures are good");

    return $good;
}


sub moves
{
    my ($what, $code) = @_;

    my $old = $t->serial();

    is($code->()->{status}, 200, $what);
    cmp_ok($t->serial(), '>', $old, '... the serial moves');
}


# Signatures made so far.

sub made
{
    return metric('srv_registrar_signatures_total');
}


sub metric
{
    my ($name) = @_;

    my $text = $t->request('GET', '/metrics')->{body};

    return $text =~ /^\Q$name\E (\d+)$/m ? $1 : undef;
}


sub signatures
{
    return sort grep { / TYPE46 / } $keys->records($t, time());
}


sub reconfigured
{
    my (@lines) = @_;

    my $seen = length($t->read('error.log'));

    $t->configure(dnssec => $keys->lines(@lines),
        http => 'srv_registrar_sweep 1s;');
    ok($t->reload_all(), "keys: @lines");
    ok(wait_until(sub { substr($t->read('error.log'), $seen)
        =~ /all \d+ values of signed zones are signed/ }),
        '... a sweep has signed all');
}


# The signers of what no KSK signs.

sub by_zsk
{
    my ($bad, $good) = $keys->verify($t);

    return map { [$_, @{ $good->{$_} }] }
        grep { !/ (?:DNSKEY|CDS|CDNSKEY)$/ } keys(%$good);
}


sub is_by
{
    my ($entry, $tag) = @_;

    return "@{$entry}[1 .. $#$entry]" eq $tag;
}


# The types that the NSEC of a name has.

sub bitmap
{
    my ($name) = @_;

    for my $line (grep { /^\Q$name\E\. .* TYPE47 / }
                  $keys->records($t, time()))
    {
        return Net::DNS::RR->new($line)->typelist;
    }

    return '';
}
