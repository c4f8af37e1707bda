package Bench::RegistrarRuns;

# What the registrar is asked, in turns, with one fleet; and where its zone is
# to be signed, too, another registrar with the same fleet, signed.

use strict;
use warnings;

use File::Path qw(remove_tree);
use Time::HiRes qw(sleep);

use Bench::DnsServer;
use Bench::Fleet;
use Bench::Registrar;
use Bench::Table qw(median);
use SrvRegistrar::Process qw(free_port);

# Of the location that is asked beside updates, a second.
use constant BESIDE_RATE => 200;

# Of a run, the time for which updates are alone, in front and at the end.
use constant SPREAD => 0.2;

# A rate of less tells nothing about a tail.
use constant TENTH_MIN => 20;

use constant ISSUER => qw(--issuer manufacturer.pem
    --issuer-key manufacturer.key);


# In the order of the table's rows: kind, what it is called, options of
# registrar_load.  `200` is the same request, to a location that returns 200.

use constant KINDS => (
    ['change',       'update',                 'change'],
    ['tenth',        'update, a tenth of it',  'change'],
    ['refresh',      'refresh',                'refresh'],
    ['return',       'return 200',             'change',  '200'],
    ['fresh',        'update, new connection', 'change',  '',    'fresh'],
    ['fresh_return', 'return 200, new connection', 'change', '200', 'fresh'],
    ['enroll',       'enrolment',              'enroll',  '',    'fresh'],
    ['enroll_return', 'return 200, certificate', 'enroll', '200', 'fresh'],
);

# What is asked of the registrar of a signed zone, too, and what its kinds begin
# with.
use constant SIGNED => { map { $_ => 1 } qw(change tenth refresh) };
use constant SIGNED_PREFIX => 'signed_';


# build, data, dir, devices, options: as for Bench::DnsFleet.

sub measure
{
    my (%args) = @_;

    my $options = $args{options};
    my %registrars = ('' => start(%args));
    my $registrar = $registrars{''};
    my $dnsd = start_dnsd($registrar);
    my %runs;

    $registrars{+SIGNED_PREFIX} = start(%args, signed => $options->{signed})
        if $options->{signed};

    my %before = stored(%registrars);

    for my $turn (1 .. $options->{runs}) {
        print(STDERR " $turn");

        ask($turn, $options, \%runs, $_, %registrars) for KINDS;

        push(@{ $runs{beside} }, beside($registrar, $options, 0));
        push(@{ $runs{beside_loop} }, beside($registrar, $options, 1))
            if $options->{realtime};
        push(@{ $runs{dns} }, $dnsd->load('--seconds', $options->{seconds}));
        push(@{ $runs{dns_beside} },
            dns_beside($registrar, $dnsd, $options));
    }

    my %after = stored(%registrars);

    $dnsd->stop();

    for my $server (values(%registrars)) {
        $server->stop();
        remove_tree($server->path('store')) if !$options->{keep};
    }

    return {
        devices => $args{devices},
        runs    => \%runs,
        bytes   => { map { $_ => [$before{$_}, $after{$_}] } keys(%after) },
    };
}


# Bytes of their stores that are in use.

sub stored
{
    my (%registrars) = @_;

    return map {
        $_ => $registrars{$_}->metrics()->{srv_registrar_store_used_bytes}
    } keys(%registrars);
}


sub start
{
    my (%args) = @_;

    my $options = $args{options};

    return Bench::Registrar->start(
        build    => $args{build},
        dir      => "$args{dir}/$args{devices}"
            . ($args{signed} ? '-signed' : ''),
        realtime => $options->{realtime},
        fleet    => Bench::Fleet->new(
            dir     => $args{data},
            build   => $args{build},
            signed  => $args{signed},
            devices => $args{devices}),
    );
}


# The kinds that have runs, in the order of the table's rows: what each is
# called, and its name.

sub rows
{
    my ($runs) = @_;

    return grep { $runs->{ $_->[0] } } map {
        my ($kind, $name) = @$_;

        ([$kind, $name], [SIGNED_PREFIX . $kind, "$name, signed"]);
    } KINDS;
}


# One kind of request, of each registrar that has it, one after the other and
# every other time the other way round.

sub ask
{
    my ($turn, $options, $runs, $kind, %registrars) = @_;

    my @whose = grep { !$_ || SIGNED->{ $kind->[0] } }
        sort(keys(%registrars));

    @whose = reverse(@whose) if $turn % 2 == 0;

    for my $whose (@whose) {
        push(@{ $runs->{"$whose$kind->[0]"} }, run($registrars{$whose},
            $options, $runs, $whose, @$kind));
    }
}


sub run
{
    my ($registrar, $options, $runs, $whose, $kind, undef, $mode, $return,
        $fresh) = @_;

    my @load = ('--mode', $mode, '--seconds', $options->{seconds});

    push(@load, '--path', '/200', '--any') if $return;
    push(@load, '--connections', $fresh ? $options->{handshakes}
        : $options->{connections});
    push(@load, '--fresh') if $fresh;

    push(@load, '--count', $options->{enrollments}, map { /\./
        ? "$registrar->{dir}/$_" : $_ } ISSUER) if $mode eq 'enroll';

    # The same devices once more: of the others the made-up address is new.

    if ($kind eq 'refresh') {
        my $change = $runs->{"${whose}change"}[-1];

        push(@load, '--seed', $change->{seed}, '--count',
            $change->{acknowledged});
    }

    # Both zones get as many.

    if ($kind eq 'tenth') {
        my $rate = int(median(map { $_->{rate} } @{ $runs->{change} }) / 10);

        push(@load, '--rate', $rate > TENTH_MIN ? $rate : TENTH_MIN);
    }

    return $registrar->load(@load);
}


# A location that writes nothing, while updates keep the worker busy.  They all
# begin at once, and it is not asked before they have spread.

sub beside
{
    my ($registrar, $options, $loop) = @_;

    my $seconds = $options->{seconds};
    my $updates = begin_updates($registrar, $options);
    my $other = $registrar->begin('--mode', 'get', '--path', '/200', '--any',
        '--connections', 16, '--seconds', $seconds, '--rate', BESIDE_RATE);

    $registrar->hurry(1, $updates->{pid});
    $registrar->hurry_loop() if $loop;
    $registrar->hurry_other($other->{pid});
    $registrar->go($updates);
    sleep($seconds * SPREAD);
    my $found = $registrar->end($other);

    $registrar->end($updates);
    $registrar->hurry(0);

    return $found;
}


# dnsd on the registrar's processor, asked for all that updates leave of both
# processors.

sub dns_beside
{
    my ($registrar, $dnsd, $options) = @_;

    my $updates = begin_updates($registrar, $options);

    $registrar->hurry(2, $updates->{pid});
    $registrar->go($updates);

    my $found = $dnsd->load('--seconds', $options->{seconds});

    $found->{updates} = $registrar->end($updates)->{rate};
    $registrar->hurry(0);

    return $found;
}


# For somewhat longer than what is measured beside them.

sub begin_updates
{
    my ($registrar, $options) = @_;

    return $registrar->begin('--seconds', $options->{seconds} * (1 + 2 * SPREAD),
        '--connections', $options->{connections});
}


sub start_dnsd
{
    my ($registrar) = @_;

    my $address = $registrar->{address};
    my $port = free_port($address);
    my $dir = $registrar->path('dnsd');

    mkdir($dir);

    return Bench::DnsServer->start(
        (map { $_ => $registrar->{$_} } qw(build realtime fleet)),
        dir     => $dir,
        address => $address,
        port    => $port,
        options => [],
        spec    => {
            name    => 'dnsd',
            ours    => 1,
            command => sub {
                ("$registrar->{build}/dnsd", '--threads', 1, '--rate-limit', 0,
                 '--store', $registrar->path('store'), '--listen',
                 "$address\@$port");
            },
        },
    );
}


1;
